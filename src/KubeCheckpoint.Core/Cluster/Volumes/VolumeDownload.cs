using KubeCheckpoint.Archives.Volumes;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Cluster.Volumes;

/// <summary>
/// Copies one volume from its node to a local tar. The container may write to it meanwhile, so a copy that breaks off begins again; it is not
/// resumed.
/// </summary>
internal sealed class VolumeDownload(
    NodeVolume volume, string node, string name, bool isGnuTar, IArchiveDestination destination, HttpTimings timings, IProgress<TransferProgress>? progress)
{
    /// <summary>The bytes by which a volume may grow while it is read.</summary>
    private const long Growth = 1024L * 1024 * 1024;

    private const int MostRemarks = 5;

    /// <summary>The bytes of holes that are worth a remark.</summary>
    private const long NotableHoles = 1024 * 1024;

    private static readonly HashSet<string> Nothing = [];

    private readonly TransferReports _reports = new(progress, $"Saving volume {name} from {node}");

    /// <summary>Copies the volume to the partial file.</summary>
    /// <exception cref="KubeCheckpointException">VolumeNotSaved, VolumeGrew, VolumeVerificationFailed, DiskFull and the like.</exception>
    public async Task<VolumeCopy> RunAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(timings);
        while (true)
        {
            try
            {
                return await CopyAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (ExecBrokenException exception)
            {
                var wait = backoff.Next() ?? throw VolumeFailure.VolumeNotSaved(node, name, exception.Message, exception);
                await backoff.WaitAsync(wait, $"The copy of volume {name} from node {node} broke off", cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<VolumeCopy> CopyAsync(CancellationToken cancellationToken)
    {
        _reports.Report("Measuring", 0, null);
        var size = await volume.MeasureAsync(cancellationToken).ConfigureAwait(false);
        var expected = size.ExpectedTar(isGnuTar);
        destination.CheckSpace(expected);
        var file = await destination.OpenPartialAsync(0, cancellationToken).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            var (hash, errors) = await volume.ReadAsync(bytes => AppendAsync(file, bytes, expected), cancellationToken).ConfigureAwait(false);
            await file.FlushAsync(cancellationToken).ConfigureAwait(false);
            var actual = file.CurrentHash();
            if (hash is not null && hash != actual)
                throw VolumeFailure.VolumeVerificationFailed(destination.Path, hash, actual);
            var copiedAt = DateTimeOffset.Now;
            var tar = await Task.Run(() => Check(file, errors, cancellationToken), cancellationToken).ConfigureAwait(false);
            _reports.Report(null, file.Length, file.Length);
            return new(file.Length, actual, tar, copiedAt, [.. Remarks(size, errors)]);
        }
    }

    private async ValueTask AppendAsync(PartialFile file, ReadOnlyMemory<byte> bytes, long expected)
    {
        if (file.Length + bytes.Length > (2 * expected) + Growth)
            throw VolumeFailure.VolumeGrew(node, name, expected, file.Length);
        await file.AppendAsync(bytes).ConfigureAwait(false);
        _reports.ReportPiece(file.Length, Math.Max(file.Length, expected));
    }

    /// <summary>A tar that ends early or has a file shorter than its header says is not complete: busybox's ends where a file shrinks.</summary>
    private VolumeTar Check(PartialFile file, string errors, CancellationToken cancellationToken)
    {
        try
        {
            return VolumeTar.Read(file.Rewind(), destination.Path, Nothing, isGnuTar, cancellationToken);
        }
        catch (KubeCheckpointException failure)
        {
            throw new ExecBrokenException(errors.Length > 0 ? $"{errors} ({failure.Message})" : failure.Message, failure);
        }
    }

    private IEnumerable<string> Remarks(VolumeSize size, string errors)
    {
        if (!isGnuTar)
            yield return "Extended attributes and ACLs are not kept: the helper image has no GNU tar.";
        if (!isGnuTar && size.Holes > NotableHoles)
            yield return $"Sparse files are kept with {size.Holes} bytes of zeros instead of holes: the helper image has no GNU tar.";
        var lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var line in lines.Take(MostRemarks))
            yield return TerminalText.Excerpt(line);
        if (lines.Length > MostRemarks)
            yield return $"{lines.Length - MostRemarks} more messages of tar.";
    }
}

/// <summary>The copy of a volume in its partial file.</summary>
/// <param name="Size">The size of the tar in bytes.</param>
/// <param name="Sha256">The sha256 of the tar.</param>
/// <param name="Tar">What is in it.</param>
/// <param name="CopiedAt">When it was complete.</param>
/// <param name="Remarks">What could not be kept.</param>
internal sealed record VolumeCopy(long Size, string Sha256, VolumeTar Tar, DateTimeOffset CopiedAt, IReadOnlyList<string> Remarks);
