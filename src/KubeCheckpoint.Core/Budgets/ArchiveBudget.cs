namespace KubeCheckpoint.Budgets;

/// <summary>
/// What reading one archive may cost. An archive may come from a compromised container, and a few bytes of it can claim anything: a
/// terabyte of zeros, a million processes, a name of four kilobytes for each of half a million members. One budget is made when an archive is
/// opened, from the size of its file, and every reader draws from it before it keeps, repeats or writes something.
/// </summary>
/// <remarks>
/// <para>What is promised for each archive:</para>
/// <list type="bullet">
/// <item>Memory: at most 512 MB and four times the file for the whole process; at most 200 MB for the overview. Readers may keep
/// <see cref="MemoryBase"/> and <see cref="MemoryFactor"/> times the file. The rest is for the runtime, and for what has been dropped and is not
/// collected yet.</item>
/// <item>Time: linear in the bytes that are read. Zeros that the archive does not store are counted and skipped, not read. What is looked at more
/// than once, such as shared memory that many maps show, takes at most <see cref="WorkBase"/> steps and one for every
/// <see cref="BytesPerStep"/> bytes of the file.</item>
/// <item>Output: files of at most <see cref="OutputBase"/> and <see cref="OutputFactor"/> times what the archive holds when it is
/// decompressed. Zeros are holes in the files and are not counted. Free space is asked for before a file is written.</item>
/// </list>
/// <para>The budget grows with the file: an archive that is refused is read after it has been decompressed, if it holds what it claims. It is
/// safe from several threads.</para>
/// </remarks>
internal sealed class ArchiveBudget
{
    /// <summary>How many bytes of memory readers may keep of an archive of any size: 128 MiB, for 400,000 members with usual names.</summary>
    public const long MemoryBase = 128L * 1024 * 1024;

    /// <summary>How many bytes of memory the overview may keep, whatever the size of the archive: 96 MiB, for 300,000 members with usual names.</summary>
    public const long OverviewMemory = 96L * 1024 * 1024;

    /// <summary>How many bytes of memory readers may keep for each byte of the file.</summary>
    public const int MemoryFactor = 2;

    /// <summary>How many steps readers may repeat: some seconds.</summary>
    public const long WorkBase = 24L * 1024 * 1024;

    /// <summary>How many bytes of the file allow one more step.</summary>
    public const int BytesPerStep = 8;

    /// <summary>How many bytes may be written for an archive of any size: 1 GiB.</summary>
    public const long OutputBase = 1024L * 1024 * 1024;

    /// <summary>How many bytes may be written for each byte that the archive holds: a garbage collector may map its heap three times.</summary>
    public const int OutputFactor = 8;

    private long _memory;
    private long _work;
    private long _output;
    private long _held;

    /// <param name="path">The archive's path, used in messages.</param>
    /// <param name="fileSize">The size of its file in bytes.</param>
    public ArchiveBudget(string path, long fileSize)
        : this(path, fileSize, Grown(MemoryBase, fileSize, MemoryFactor))
    {
    }

    private ArchiveBudget(string path, long fileSize, long memory)
    {
        Path = path;
        Memory = memory;
        Work = WorkBase + fileSize / BytesPerStep;
        _held = fileSize;
    }

    /// <summary>The budget of an overview.</summary>
    /// <param name="path">The archive's path, used in messages.</param>
    /// <param name="fileSize">The size of its file in bytes.</param>
    public static ArchiveBudget OfOverview(string path, long fileSize) => new(path, fileSize, OverviewMemory);

    /// <summary>The archive's path.</summary>
    public string Path { get; }

    /// <summary>How many bytes readers may keep in memory.</summary>
    public long Memory { get; }

    /// <summary>How many steps readers may repeat.</summary>
    public long Work { get; }

    /// <summary>How many bytes may be written to files.</summary>
    public long Output => Grown(OutputBase, Volatile.Read(ref _held), OutputFactor);

    /// <summary>How many bytes of memory are left.</summary>
    public long MemoryLeft => Memory - Volatile.Read(ref _memory);

    /// <summary>Records how many bytes the archive holds when it is decompressed.</summary>
    public void Hold(long bytes) => Volatile.Write(ref _held, Math.Max(bytes, Volatile.Read(ref _held)));

    /// <summary>Draws memory that is kept as long as the archive is open.</summary>
    /// <param name="bytes">How many bytes.</param>
    /// <param name="what">What they are for: <c>the list of members</c>.</param>
    /// <param name="member">The member that asks for them, or null.</param>
    /// <param name="offset">The offset in the member, or in the archive where there is none.</param>
    /// <exception cref="KubeCheckpointException">ArchiveBudgetExceeded.</exception>
    public void DrawMemory(long bytes, string what, string? member = null, long offset = 0)
    {
        if (Interlocked.Add(ref _memory, bytes) <= Memory)
            return;
        var used = Interlocked.Add(ref _memory, -bytes);
        throw BudgetFailure.ArchiveBudgetExceeded(Path, member, offset, what, bytes, used, Memory, "bytes of memory");
    }

    /// <summary>Returns memory that is not kept any longer.</summary>
    public void ReturnMemory(long bytes) => Interlocked.Add(ref _memory, -bytes);

    /// <summary>Checks that memory which is kept for a moment only is left.</summary>
    /// <inheritdoc cref="DrawMemory"/>
    public void RequireMemory(long bytes, string what, string? member = null, long offset = 0)
    {
        var used = Volatile.Read(ref _memory);
        if (bytes > Memory - used)
            throw BudgetFailure.ArchiveBudgetExceeded(Path, member, offset, what, bytes, used, Memory, "bytes of memory");
    }

    /// <summary>Draws steps for what is looked at more than once.</summary>
    /// <inheritdoc cref="DrawMemory"/>
    public void DrawWork(long steps, string what, string? member = null)
    {
        if (Interlocked.Add(ref _work, steps) > Work)
            throw BudgetFailure.ArchiveBudgetExceeded(Path, member, 0, what, steps, Volatile.Read(ref _work) - steps, Work, "steps of work");
    }

    /// <summary>Draws bytes that are written to a file.</summary>
    /// <inheritdoc cref="DrawMemory"/>
    public void DrawOutput(long bytes, string what, string? member = null)
    {
        if (Interlocked.Add(ref _output, bytes) <= Output)
            return;
        var used = Interlocked.Add(ref _output, -bytes);
        throw BudgetFailure.ArchiveBudgetExceeded(Path, member, 0, what, bytes, used, Output, "bytes of output");
    }

    private static long Grown(long start, long size, int factor) => size > (long.MaxValue - start) / factor ? long.MaxValue : start + size * factor;
}
