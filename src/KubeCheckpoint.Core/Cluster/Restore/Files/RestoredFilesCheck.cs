using System.Text;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Containers;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Restore.Files;

/// <summary>
/// Compares files of a restored pod with its archives: with a shell and stat of each container, over exec, or from its node where it has no shell.
/// Nothing is installed in the container.
/// </summary>
/// <param name="cluster">The cluster.</param>
/// <param name="node">Looks at the files from the node, with <see cref="ObservedFiles.NodeFunctions"/>.</param>
/// <param name="compareAll">True to compare all files, false for a sample.</param>
internal sealed class RestoredFilesCheck(ClusterClient cluster, NodeProcesses node, bool compareAll)
{
    private const int Sample = 100;
    private const int MostFiles = 100_000;
    private const int MostDifferences = 1000;

    // A command is sent in a URL, which servers limit to some tens of KiB, encoded.
    private const int LargestBatch = 8 * 1024;

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan SampleLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WholeLimit = TimeSpan.FromMinutes(10);

    private readonly List<RestoredFileDifference> _differences = [];
    private int _compared;

    /// <summary>Compares the files of a container. What cannot be compared is a reason, not a failure.</summary>
    /// <param name="pod">The pod, which is running.</param>
    /// <param name="container">The container.</param>
    /// <param name="archivePath">Its archive.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>Why the files were not compared, as a clause, or null.</returns>
    public async Task<string?> CompareAsync(Pod pod, string container, string archivePath, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(compareAll ? WholeLimit : SampleLimit);
        try
        {
            var most = compareAll ? MostFiles : Sample;
            var mounts = PodDocument.TryParse(pod.Manifest)?.FindContainer(container)?.Objects("volumeMounts").Select(mount => mount.Text("mountPath"));
            var files = await Task
                .Run(() => ExpectedFiles.Read(archivePath, mounts?.OfType<string>() ?? [], most, MostFiles, limit.Token), limit.Token)
                .ConfigureAwait(false);
            var hasShell = true;
            foreach (var batch in Batches(files))
            {
                var output = hasShell ? await ReadInsideAsync(pod, container, batch, limit.Token).ConfigureAwait(false) : null;
                if (output is null)
                {
                    hasShell = false;
                    var view = await node.RunAsync(pod, container, ObservedFiles.NodeScript, Paths(batch), Silence, limit.Token).ConfigureAwait(false);
                    if (view.Reason is { } reason)
                        return $"{ContainerShell.Missing}; from its node: {reason}";
                    output = view.Output!;
                }

                if (ObservedFiles.Parse(output, batch.Count) is not { } observed)
                    return $"{(hasShell ? "its shell" : "the helper pod")} gave no usable response";
                Compare(container, batch, observed);
            }
            return null;
        }
        catch (KubeCheckpointException failure)
        {
            return failure.Message.TrimEnd('.');
        }
        catch (ExecBrokenException exception)
        {
            return exception.Message.Shorten(300).TrimEnd('.');
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "that took too long";
        }
    }

    /// <summary>What was compared; null where everything is as the archives say.</summary>
    public RestoredFiles? Differences(Pod pod) => _differences.Count == 0 ? null : new RestoredFiles
    {
        Namespace = pod.Namespace,
        PodName = pod.PodName,
        FilesCompared = _compared,
        Differences = _differences,
    };

    private async Task<string?> ReadInsideAsync(Pod pod, string container, IReadOnlyList<ExpectedFile> batch, CancellationToken cancellationToken)
    {
        var shell = new ContainerShell(cluster, pod, container);
        return await shell.RunAsync(ObservedFiles.Script, Paths(batch), Silence, cancellationToken).ConfigureAwait(false) is var (_, output) ? output : null;
    }

    private void Compare(string container, IReadOnlyList<ExpectedFile> batch, ObservedFiles observed)
    {
        _compared += batch.Count;
        foreach (var (expected, actual) in batch.Zip(observed.Files))
        {
            if (_differences.Count < MostDifferences && FileComparison.Compare(container, expected, actual, observed.StartedAt) is { } difference)
                _differences.Add(difference);
        }
    }

    private static IEnumerable<string> Paths(IReadOnlyList<ExpectedFile> batch) => batch.Select(file => file.Path);

    private static IEnumerable<IReadOnlyList<ExpectedFile>> Batches(IEnumerable<ExpectedFile> files)
    {
        var batch = new List<ExpectedFile>();
        var size = 0;
        foreach (var file in files)
        {
            var bytes = Encoding.UTF8.GetByteCount(file.Path);
            if (batch.Count > 0 && size + bytes > LargestBatch)
            {
                yield return batch;
                batch = [];
                size = 0;
            }
            batch.Add(file);
            size += bytes;
        }
        if (batch.Count > 0)
            yield return batch;
    }
}
