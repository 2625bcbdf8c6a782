namespace KubeCheckpoint.Cluster.Credentials;

/// <summary>A token, password or client certificate that never changes.</summary>
internal sealed class StaticCredential(RequestCredential credential) : ICredential
{
    public ValueTask<RequestCredential> GetAsync(CancellationToken cancellationToken) => ValueTask.FromResult(credential);

    public ValueTask<RequestCredential?> RenewAsync(RequestCredential refused, CancellationToken cancellationToken) =>
        ValueTask.FromResult<RequestCredential?>(null);
}
