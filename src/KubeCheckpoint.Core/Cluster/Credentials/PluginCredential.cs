namespace KubeCheckpoint.Cluster.Credentials;

/// <summary>
/// The credential of a plugin, for one connection. A failure is repeated for a while without another run: for many objects in a
/// pipeline, a login is refused once.
/// </summary>
/// <param name="plugin">The plugin.</param>
/// <param name="interaction">How a plugin may deal with the user.</param>
internal sealed class PluginCredential(CredentialPlugin plugin, PluginInteraction interaction) : ICredential
{
    private static readonly TimeSpan FailurePeriod = TimeSpan.FromSeconds(5);

    private volatile PastFailure? _last;

    public async ValueTask<RequestCredential> GetAsync(CancellationToken cancellationToken) =>
        await GetAsync(refused: null, cancellationToken).ConfigureAwait(false);

    public async ValueTask<RequestCredential?> RenewAsync(RequestCredential refused, CancellationToken cancellationToken) =>
        await GetAsync(refused, cancellationToken).ConfigureAwait(false);

    private async Task<RequestCredential> GetAsync(RequestCredential? refused, CancellationToken cancellationToken)
    {
        if (_last is { } last && last.IsRecent)
            throw last.Failure;
        try
        {
            return await plugin.GetAsync(refused, interaction, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeCheckpointException failure)
        {
            _last = new(failure, Environment.TickCount64);
            throw;
        }
    }

    private sealed record PastFailure(KubeCheckpointException Failure, long At)
    {
        public bool IsRecent => Environment.TickCount64 - At < FailurePeriod.TotalMilliseconds;
    }
}
