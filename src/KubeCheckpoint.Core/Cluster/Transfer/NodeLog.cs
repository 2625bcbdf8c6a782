using System.Globalization;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Ownership;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>Reads a log of a container from its node, through a pod that mounts only the log's folder, read-only, and is deleted afterwards.</summary>
/// <param name="pods">Creates the pod.</param>
internal sealed class NodeLog(HelperPodSet pods)
{
    /// <summary>How much of the end is read. CRIU writes about 100 KiB for each process.</summary>
    private const int Most = 900 * 1024;

    /// <summary>How long the whole may take: what the log explains is reported in any case.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The end of the log, or why it could not be read.</summary>
    public async Task<(byte[]? Log, string? Reason)> ReadAsync(string node, NodePath path, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, pods.Lifetime);
        limit.CancelAfter(Patience);
        var helper = pods.Add(node, new(OwnerRole.Inspect, [new("log", path.Folder, HelperPodManifest.MountPath, IsReadOnly: true)], NeedsTools: false));
        try
        {
            var tools = await helper.StartedAsync(limit.Token).ConfigureAwait(false);
            var file = ShellWord.Quote($"{HelperPodManifest.MountPath}/{path.FileName}");
            var script = string.Create(CultureInfo.InvariantCulture, $"[ -f {file} ] && {tools["tail"]} -c {Most} {file}");
            var log = new MemoryStream();
            var result = await helper.Exec.RunAsync(script, Keep, ServerConnection.SmallRequest, limit.Token).ConfigureAwait(false);
            return result.ExitCode == 0 && log.Length > 0 ? (log.ToArray(), null) : (null, $"there is no log at {path}");

            ValueTask Keep(ReadOnlyMemory<byte> piece)
            {
                log.Write(piece.Span[..(int)Math.Min(piece.Length, Most - log.Length)]);
                return ValueTask.CompletedTask;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && !pods.Lifetime.IsCancellationRequested)
        {
            return (null, $"it could not be read within {Patience.TotalSeconds:0} s");
        }
        catch (Exception exception) when (exception is KubeCheckpointException or ExecBrokenException)
        {
            return (null, exception.Message);
        }
        finally
        {
            await helper.DeleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
