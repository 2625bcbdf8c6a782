using System.Diagnostics;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Http;
using KubeCheckpoint.Images.Layers;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>Copies one archive from its node to a local file, which gets its name only when it is complete and verified.</summary>
internal sealed class ArchiveDownload(
    NodeFiles files, string node, NodePath source, IArchiveDestination destination, long rangeSize, IProgress<TransferProgress>? progress)
{
    private static readonly TimeSpan BetweenReports = TimeSpan.FromMilliseconds(100);

    private long _reportedAt;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Report("Hashing on the node", 0, null);
        var (size, hash) = await FingerprintAsync(cancellationToken).ConfigureAwait(false);
        if (await destination.IsAlreadyThereAsync(size, hash, cancellationToken).ConfigureAwait(false))
        {
            ArchiveDigests.Remember(destination.Path, hash);
            return;
        }

        destination.CheckSpace(size);
        try
        {
            var actual = await FetchAsync(size, hash, cancellationToken).ConfigureAwait(false);
            if (actual != hash)
            {
                destination.DeletePartial();
                throw TransferFailure.ArchiveVerificationFailed(destination.Path, hash, actual);
            }

            destination.Publish();
            ArchiveDigests.Remember(destination.Path, hash);
        }
        catch (IOException exception) when (WholeFile.IsDiskFull(exception))
        {
            destination.DeletePartial();
            throw TransferFailure.DiskFull(destination.Path, size, exception);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException || (exception is IOException && exception is not ExecBrokenException))
        {
            throw ArchiveFailure.DestinationNotWritable(destination.Path, exception);
        }
    }

    /// <summary>The size and hash of an archive that does not change meanwhile: after a timeout, CRI-O may still be writing it.</summary>
    private async Task<(long Size, string Hash)> FingerprintAsync(CancellationToken cancellationToken)
    {
        var size = await files.SizeAsync(source, cancellationToken).ConfigureAwait(false);
        for (var look = 1; look <= 15; look++)
        {
            var hash = await files.HashAsync(source, size, cancellationToken).ConfigureAwait(false);
            var sizeNow = await files.SizeAsync(source, cancellationToken).ConfigureAwait(false);
            if (sizeNow == size)
                return (size, hash);
            Report("Still being written on the node", 0, null);
            size = sizeNow;
            await Task.Delay(TimeSpan.FromSeconds(2), cancellationToken).ConfigureAwait(false);
        }

        throw TransferFailure.ArchiveStillWritten(node, source.ToString());
    }

    /// <summary>Fills the partial file and returns its hash. Resumes a file that an earlier run left, unless its hash does not match.</summary>
    private async Task<string> FetchAsync(long size, string hash, CancellationToken cancellationToken)
    {
        var file = await destination.OpenPartialAsync(size, cancellationToken).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            var isResumed = file.Length > 0;
            await FillAsync(file, size, cancellationToken).ConfigureAwait(false);
            if (isResumed && file.CurrentHash() != hash)
            {
                file.Restart();
                await FillAsync(file, size, cancellationToken).ConfigureAwait(false);
            }

            await file.FlushAsync(cancellationToken).ConfigureAwait(false);
            return file.CurrentHash();
        }
    }

    private async Task FillAsync(PartialFile file, long size, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(files.Timings);
        while (file.Length < size)
        {
            var before = file.Length;
            try
            {
                await files.ReadAsync(source, before, Math.Min(rangeSize, size - before), WriteAsync, cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (ExecBrokenException exception)
            {
                backoff.Advance(file.Length - before);
                var wait = backoff.Next() ?? throw TransferFailure.TransferBroken(node, source.ToString(), exception);
                await backoff.WaitAsync(wait, $"The transfer from node {node} broke off at byte {file.Length}", cancellationToken).ConfigureAwait(false);
            }
        }

        Report(null, size, size);

        async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            await file.AppendAsync(bytes).ConfigureAwait(false);
            if (Stopwatch.GetElapsedTime(_reportedAt) < BetweenReports)
                return;
            _reportedAt = Stopwatch.GetTimestamp();
            Report(null, file.Length, size);
        }
    }

    private void Report(string? status, long done, long? total) =>
        progress?.Report(new($"Saving {source.FileName} from {node}", status, done, total));
}
