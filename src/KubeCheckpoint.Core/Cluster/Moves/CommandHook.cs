using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Probes;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>A command in a container of the pod, which succeeds with exit code 0.</summary>
/// <param name="cluster">The cluster. The caller disposes of it.</param>
/// <param name="command">The command and its arguments; no shell is involved.</param>
/// <param name="containerName">The container, or null for the first one of the pod.</param>
public sealed class CommandHook(ClusterClient cluster, IReadOnlyList<string> command, string? containerName) : IMoveHook
{
    private readonly CommandPodProbe _command = new(cluster, command, containerName);

    /// <inheritdoc/>
    public string Target => _command.Target;

    /// <inheritdoc/>
    public bool RunsWhenStopped => true;

    /// <inheritdoc/>
    public async Task<string?> RunAsync(Pod pod, CancellationToken cancellationToken)
    {
        try
        {
            var response = await _command.ProbeAsync(pod, cancellationToken).ConfigureAwait(false);
            return response.Succeeded ? null : response.Detail;
        }
        catch (KubeCheckpointException failure)
        {
            return failure.Message;
        }
    }
}
