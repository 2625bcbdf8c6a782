namespace KubeCheckpoint.Cluster.Moves;

/// <summary>The hooks of one move. Those of the second kind run whatever becomes of it, once one of the first kind has begun.</summary>
/// <param name="before">Those that run before the checkpoint.</param>
/// <param name="after">Those that run at the end.</param>
internal sealed class MoveHooks(IReadOnlyList<IMoveHook> before, IReadOnlyList<IMoveHook> after)
{
    /// <summary>Like a helper pod's commands; an application may have to write a lot.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private bool _isAfterDue;

    /// <summary>Runs the hooks before the move.</summary>
    /// <exception cref="KubeCheckpointException">MoveHookFailed, at the first one that fails.</exception>
    public async Task RunBeforeAsync(Pod pod, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        _isAfterDue = true;
        foreach (var hook in before)
        {
            progress?.Report(new("", $"Running {hook.Target}", 0, null));
            if (await TryAsync(hook, pod, cancellationToken).ConfigureAwait(false) is { } reason)
                throw MoveFailure.MoveHookFailed(pod.Namespace, pod.PodName, hook.Target, reason);
        }
    }

    /// <summary>Runs the hooks after the move, once.</summary>
    /// <param name="pod">The pod that stays.</param>
    /// <param name="isStopped">True while Ctrl+C ends the move.</param>
    /// <param name="cancellationToken">Cancels them.</param>
    /// <returns>What did not run, or failed.</returns>
    public async Task<IReadOnlyList<string>> RunAfterAsync(Pod pod, bool isStopped, CancellationToken cancellationToken)
    {
        if (!_isAfterDue)
            return [];
        _isAfterDue = false;
        var failures = new List<string>();
        foreach (var hook in after)
        {
            var reason = isStopped && !hook.RunsWhenStopped
                ? "script blocks do not run after Ctrl+C"
                : await TryAsync(hook, pod, cancellationToken).ConfigureAwait(false);
            if (reason is not null)
                failures.Add($"The hook '{hook.Target}' did not succeed in pod '{pod}': {reason}.");
        }

        return failures;
    }

    private static async Task<string?> TryAsync(IMoveHook hook, Pod pod, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            return await hook.RunAsync(pod, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"it did not end within {Limit.TotalMinutes:0} minutes";
        }
    }
}
