using System.Net;
using System.Text;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Restore.Files;

/// <summary>
/// Compares files of a restored pod with its archives: with a shell and stat of each container, over exec. Nothing is installed in the container,
/// and one that has no shell is not compared.
/// </summary>
/// <param name="cluster">The cluster.</param>
/// <param name="compareAll">True to compare all files, false for a sample.</param>
internal sealed class RestoredFilesCheck(ClusterClient cluster, bool compareAll)
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
            foreach (var batch in Batches(files))
            {
                if (await CompareAsync(pod, container, batch, limit.Token).ConfigureAwait(false) is { } reason)
                    return reason;
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
            return "its shell took too long";
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

    private async Task<string?> CompareAsync(Pod pod, string container, IReadOnlyList<ExpectedFile> batch, CancellationToken cancellationToken)
    {
        var exec = new PodExec(cluster.Server.Connection, pod.Namespace, pod.PodName, container, Refused);
        string[] command = ["sh", "-c", ObservedFiles.Script, "sh", .. batch.Select(file => file.Path)];
        var (result, output) = await exec.RunAsync(command, Silence, cancellationToken).ConfigureAwait(false);
        if (result.ExitCode is 126 or 127)
            return "it has no shell";
        if (ObservedFiles.Parse(output, batch.Count) is not { } observed)
            return $"its shell gave no usable response (exit code {result.ExitCode})";
        _compared += batch.Count;
        foreach (var (expected, actual) in batch.Zip(observed.Files))
        {
            if (_differences.Count < MostDifferences && FileComparison.Compare(container, expected, actual, observed.StartedAt) is { } difference)
                _differences.Add(difference);
        }
        return null;
    }

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

    private Exception Refused(ServerResponse response) => response.Status is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized
        ? ApiRefusal.ToFailure(response, cluster.Server.Connection.BaseUri)
        : new ExecBrokenException(
            response.Message.Contains("executable file not found", StringComparison.Ordinal) ? "it has no shell" : response.Message, response.ToException());
}
