namespace KubeCheckpoint.Pipeline;

/// <summary>Lets work that runs in parallel write its results in the order in which it was started.</summary>
internal sealed class OutputOrder
{
    private Task _last = Task.CompletedTask;

    /// <summary>Work that writes its result when all work before it has ended. Called in the order that is wanted.</summary>
    /// <param name="get">Gets the result.</param>
    /// <param name="write">Writes it.</param>
    public Func<CancellationToken, Task> Add<T>(Func<CancellationToken, Task<T>> get, Func<T, Task> write)
    {
        var before = _last;
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _last = end.Task;
        return async cancellationToken =>
        {
            try
            {
                var result = await get(cancellationToken);
                await before.WaitAsync(cancellationToken);
                await write(result);
            }
            finally
            {
                end.SetResult();
            }
        };
    }
}
