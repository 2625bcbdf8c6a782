namespace KubeCheckpoint.Budgets;

/// <summary>
/// Compares what the current thread has allocated while it parsed something with what is left of a budget. A parser asks every now and then:
/// nothing needs to be known about what its objects take, and a cancelled parser ends too.
/// </summary>
/// <param name="budget">The budget.</param>
/// <param name="member">The member that is parsed, or null.</param>
/// <param name="cancellationToken">Cancels the parsing.</param>
internal sealed class AllocationMeter(ArchiveBudget budget, string? member, CancellationToken cancellationToken)
{
    /// <summary>What the memory is for, in messages.</summary>
    public const string Entries = "what the entries of an image become in memory";

    private long _start;
    private long _last;
    private long _offset;

    /// <summary>How many bytes have been allocated since the start.</summary>
    public long Allocated => GC.GetAllocatedBytesForCurrentThread() - _start;

    /// <summary>Begins to count.</summary>
    /// <param name="offset">The offset in the member.</param>
    public void Start(long offset) => (_start, _last, _offset) = (GC.GetAllocatedBytesForCurrentThread(), 0, offset);

    /// <summary>Ends the parsing where it has taken too much, or was cancelled.</summary>
    /// <exception cref="KubeCheckpointException">ArchiveBudgetExceeded.</exception>
    public void Check()
    {
        cancellationToken.ThrowIfCancellationRequested();
        // A list that grows allocates twice as much the next time.
        var allocated = Allocated;
        budget.RequireMemory(allocated + 2 * (allocated - _last), Entries, member, _offset);
        _last = allocated;
    }
}
