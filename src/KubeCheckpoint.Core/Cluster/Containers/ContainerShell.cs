using System.Net;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Containers;

/// <summary>Runs scripts with the shell of a container, over exec. Nothing is installed in the container.</summary>
/// <param name="cluster">The cluster.</param>
/// <param name="pod">The pod.</param>
/// <param name="container">The container.</param>
internal sealed class ContainerShell(ClusterClient cluster, Pod pod, string container)
{
    /// <summary>A clause for a container without a shell.</summary>
    public const string Missing = "it has no shell";

    /// <summary>
    /// What reports that the image lacks the shell. containerd refuses the exec with runc's message; CRI-O runs it, with the message in the
    /// standard error and exit code 255 (runc) or 127 (crun).
    /// </summary>
    private static readonly string[] NotFound = ["executable file", "no such file or directory", "not found"];

    /// <summary>Runs a script.</summary>
    /// <param name="script">The script.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="silence">How long the connection may stay silent.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>The result and the output, or null if the container has no shell.</returns>
    /// <exception cref="ExecBrokenException">The connection broke, or the command could not be run.</exception>
    /// <exception cref="KubeCheckpointException">Forbidden, ClusterUnreachable and the like.</exception>
    public async Task<(ExecResult Result, string Output)?> RunAsync(
        string script, IEnumerable<string> arguments, TimeSpan silence, CancellationToken cancellationToken)
    {
        var exec = new PodExec(cluster.Server.Connection, pod.Namespace, pod.PodName, container, Refused);
        try
        {
            var (result, output) = await exec.RunAsync(["sh", "-c", script, "sh", .. arguments], silence, cancellationToken).ConfigureAwait(false);
            return output.Length == 0 && (result.ExitCode is 126 or 127 || (result.ExitCode == 255 && IsNotFound(result.Errors))) ? null : (result, output);
        }
        catch (ExecBrokenException exception) when (IsNotFound(exception.Message))
        {
            return null;
        }
    }

    private static bool IsNotFound(string message) => NotFound.Any(words => message.Contains(words, StringComparison.Ordinal));

    private Exception Refused(ServerResponse response) => response.Status is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized
        ? ApiRefusal.ToFailure(response, cluster.Server.Connection.BaseUri)
        : new ExecBrokenException(response.Message, response.ToException());
}
