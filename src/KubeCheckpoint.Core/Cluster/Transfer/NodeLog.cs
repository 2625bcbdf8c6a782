using System.Globalization;
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

    /// <summary>How long the kubelet waits before it tries again to start a container, and some seconds.</summary>
    private static readonly TimeSpan NextTry = TimeSpan.FromSeconds(25);

    /// <summary>The end of a log, or why it could not be read.</summary>
    public Task<(byte[]? Log, string? Reason)> ReadAsync(string node, NodePath path, CancellationToken cancellationToken)
    {
        var file = ShellWord.Quote($"{HelperPodManifest.MountPath}/{path.FileName}");
        return RunAsync(
            node,
            path.Folder,
            tools => string.Create(CultureInfo.InvariantCulture, $"[ -f {file} ] && {tools["tail"]} -c {Most} {file}"),
            $"there is no log at {path}",
            Patience,
            cancellationToken);
    }

    /// <summary>
    /// The log of the next restore on a node, which its runtime deletes as soon as the restore has failed: the file is opened when it appears,
    /// and read a second later. The shell looks thousands of times a second, since the file may be there for some milliseconds only. Its
    /// first line is the name of the container's folder.
    /// </summary>
    public Task<(byte[]? Log, string? Reason)> CatchAsync(string node, RestoreLogPlace place, CancellationToken cancellationToken) => RunAsync(
        node,
        place.Folder,
        tools => string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            cd {{HelperPodManifest.MountPath}} || exit 1
            old=" $(echo {{place.Pattern}}) "
            while :; do
              for f in {{place.Pattern}}; do
                [ -f "$f" ] || continue
                case $old in *" $f "*) continue;; esac
                { sleep 1; echo "$f"; {{tools["tail"]}} -c {{Most}} <&3; exit 0; } 3< "$f"
              done
            done
            """).ReplaceLineEndings("\n"),
        "the kubelet did not try again",
        NextTry,
        cancellationToken);

    private async Task<(byte[]? Log, string? Reason)> RunAsync(
        string node, string folder, Func<HelperTools, string> script, string otherwise, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, pods.Lifetime);
        limit.CancelAfter(patience);
        var helper = pods.Add(node, new(OwnerRole.Inspect, [new("log", folder, HelperPodManifest.MountPath, IsReadOnly: true)], NeedsTools: false));
        try
        {
            var tools = await helper.StartedAsync(limit.Token).ConfigureAwait(false);
            var log = new MemoryStream();
            var result = await helper.Exec.RunAsync(script(tools), Keep, patience, limit.Token).ConfigureAwait(false);
            return result.ExitCode == 0 && log.Length > 0 ? (log.ToArray(), null) : (null, otherwise);

            ValueTask Keep(ReadOnlyMemory<byte> piece)
            {
                log.Write(piece.Span[..(int)Math.Min(piece.Length, Most - log.Length)]);
                return ValueTask.CompletedTask;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && !pods.Lifetime.IsCancellationRequested)
        {
            return (null, $"{otherwise} within {patience.TotalSeconds:0} s");
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
