using System.Net;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Probes;

/// <summary>A command in a container of the pod, which succeeds with exit code 0. Its output is not read.</summary>
/// <param name="cluster">The cluster. The caller disposes of it.</param>
/// <param name="command">The command and its arguments; no shell is involved.</param>
/// <param name="containerName">The container, or null for the first one of the pod.</param>
public sealed class CommandPodProbe(ClusterClient cluster, IReadOnlyList<string> command, string? containerName) : IPodProbe
{
    private const int LongestTarget = 60;

    /// <inheritdoc/>
    public PodProbeKind Kind => PodProbeKind.Command;

    /// <inheritdoc/>
    public string Target { get; } = string.Join(' ', command).Shorten(LongestTarget);

    /// <inheritdoc/>
    public async Task<ProbeResponse> ProbeAsync(Pod pod, CancellationToken cancellationToken)
    {
        var container = containerName ?? pod.Containers.First(candidate => candidate.Kind == ContainerKind.Container).Name;
        var exec = new PodExec(cluster.Server.Connection, pod.Namespace, pod.PodName, container, Refused);
        try
        {
            var (result, _) = await exec.RunAsync(command, ServerConnection.SmallRequest, cancellationToken).ConfigureAwait(false);
            return new(result.ExitCode == 0, $"exit code {result.ExitCode}");
        }
        catch (ExecBrokenException exception)
        {
            return new(false, exception.Message.Shorten(300));
        }
    }

    private Exception Refused(ServerResponse answer) => answer.Status is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized
        ? ApiRefusal.ToFailure(answer, cluster.Server.Connection.BaseUri)
        : new ExecBrokenException(answer.Message, answer.ToException());
}
