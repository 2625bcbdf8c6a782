namespace KubeCheckpoint.Cluster.Credentials;

/// <summary>Provides what requests to a server are authenticated with. For any thread.</summary>
internal interface ICredential
{
    /// <summary>
    /// The credential that is valid now. May read a file or run a program that waits for the user: no deadline of a request applies here.
    /// </summary>
    /// <param name="cancellationToken">Ends the program within a second.</param>
    /// <exception cref="KubeCheckpointException">The credential is not available.</exception>
    public ValueTask<RequestCredential> GetAsync(CancellationToken cancellationToken);

    /// <summary>Gets another credential after the server has refused one (401).</summary>
    /// <param name="refused">The refused credential.</param>
    /// <param name="cancellationToken">Ends the program within a second.</param>
    /// <returns>The new credential, or null if there is no other.</returns>
    /// <exception cref="KubeCheckpointException">The credential is not available.</exception>
    public ValueTask<RequestCredential?> RenewAsync(RequestCredential refused, CancellationToken cancellationToken);
}
