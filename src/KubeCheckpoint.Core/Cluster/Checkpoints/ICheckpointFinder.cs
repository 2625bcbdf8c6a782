namespace KubeCheckpoint.Cluster;

/// <summary>Looks into the checkpoint directory of a node.</summary>
public interface ICheckpointFinder
{
    /// <summary>Lists the archives on a node whose file names begin with a prefix.</summary>
    /// <param name="nodeName">The node.</param>
    /// <param name="namePrefix">How the file names begin, such as <c>checkpoint-web_shop-app-</c>.</param>
    /// <param name="cancellationToken">Cancels the look.</param>
    /// <returns>The archives; their ages by the node's own clock.</returns>
    public Task<IReadOnlyList<NodeArchive>> ListAsync(string nodeName, string namePrefix, CancellationToken cancellationToken);
}
