using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Http;
using KubeCheckpoint.Images.Layers;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>
/// Copies one archive from its node to a local file, which gets its name only when it is complete and verified. What arrives goes to a registry at
/// the same time, if there is one, and is read again from the node where the registry has lost it.
/// </summary>
internal sealed class ArchiveDownload(
    NodeFiles files,
    string node,
    NodePath source,
    string name,
    IArchiveDestination destination,
    long rangeSize,
    IArchiveUpload? upload,
    IProgress<TransferProgress>? progress)
{
    private const int MostLooks = 15;

    /// <summary>How long a connection to the node may wait for the registry. After that, the rest is read through another one.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(2);

    private readonly TransferReports _reports = new(progress, $"Saving {name} from {node}");

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (destination.Exists && await IsAlreadyThereAsync(cancellationToken).ConfigureAwait(false))
            return;
        long size = 0;
        try
        {
            (size, var (expected, actual)) = await CopyAsync(cancellationToken).ConfigureAwait(false);
            if (actual != expected)
            {
                destination.DeletePartial();
                throw TransferFailure.ArchiveVerificationFailed(destination.Path, expected, actual);
            }

            destination.Publish();
            ArchiveDigests.Remember(destination.Path, expected);
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

    private async Task<bool> IsAlreadyThereAsync(CancellationToken cancellationToken)
    {
        _reports.Report("Hashing on the node", 0, null);
        var (size, _) = await files.StateAsync(source, cancellationToken).ConfigureAwait(false);
        var hash = await files.HashAsync(source, size, cancellationToken).ConfigureAwait(false);
        if (!await destination.IsAlreadyThereAsync(size, hash, cancellationToken).ConfigureAwait(false))
            return false;
        ArchiveDigests.Remember(destination.Path, hash);
        return true;
    }

    /// <summary>
    /// Fills the partial file with an archive that does not change meanwhile: after a timeout, CRI-O may still be writing it. What has arrived
    /// is continued then.
    /// </summary>
    private async Task<(long Size, Hashes Hashes)> CopyAsync(CancellationToken cancellationToken)
    {
        for (var look = 1; look <= MostLooks; look++)
        {
            var state = await files.StateAsync(source, cancellationToken).ConfigureAwait(false);
            destination.CheckSpace(state.Size);
            var hashes = await FetchAsync(state.Size, cancellationToken).ConfigureAwait(false);
            if (await files.StateAsync(source, cancellationToken).ConfigureAwait(false) == state)
            {
                if (hashes.Actual == hashes.Expected)
                    await CompleteUploadAsync(hashes.Expected, state.Size, cancellationToken).ConfigureAwait(false);
                return (state.Size, hashes);
            }

            _reports.Report("Still being written on the node", 0, null);
            await Task.Delay(BetweenLooks, cancellationToken).ConfigureAwait(false);
        }

        throw TransferFailure.ArchiveStillWritten(node, source.ToString());
    }

    /// <summary>Fills the partial file. Resumes a file that an earlier run left, unless its hash does not match.</summary>
    private async Task<Hashes> FetchAsync(long size, CancellationToken cancellationToken)
    {
        if (upload is not null)
            await upload.BeginAsync(destination.Path, size).ConfigureAwait(false);
        var file = await destination.OpenPartialAsync(size, cancellationToken).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            var isResumed = file.Length > 0;
            var expected = await FillAndHashAsync(file, size, cancellationToken).ConfigureAwait(false);
            if (isResumed && file.CurrentHash() != expected)
            {
                file.Restart();
                if (upload is not null)
                    await upload.RestartAsync().ConfigureAwait(false);
                await FillAsync(file, size, cancellationToken).ConfigureAwait(false);
            }

            await file.FlushAsync(cancellationToken).ConfigureAwait(false);
            return new(expected, file.CurrentHash());
        }
    }

    /// <summary>Copies the file while the node hashes it, and returns the node's hash.</summary>
    private async Task<string> FillAndHashAsync(PartialFile file, long size, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var hashing = files.HashAsync(source, size, ending.Token);
        var filling = FillAsync(file, size, ending.Token);
        if (!(await Task.WhenAny(hashing, filling).ConfigureAwait(false)).IsCompletedSuccessfully)
            await ending.CancelAsync().ConfigureAwait(false);
        if (filling.IsCompletedSuccessfully && !hashing.IsCompleted)
            _reports.Report("Hashing on the node", size, size);
        await Task.WhenAll(hashing, filling).ConfigureAwait(false);
        return await hashing.ConfigureAwait(false);
    }

    /// <summary>Reads what is missing in the file, if any, and in the upload, which may need bytes again.</summary>
    private async Task FillAsync(PartialFile? file, long size, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(files.Timings);
        while (NextByte(file, size) is { } first)
        {
            var next = first;
            try
            {
                await files.ReadAsync(source, first, Math.Min(rangeSize, size - first), TakeAsync, cancellationToken).ConfigureAwait(false);
            }
            catch (ReadingPausedException)
            {
                await upload!.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (ExecBrokenException exception)
            {
                backoff.Advance(next - first);
                var wait = backoff.Next() ?? throw TransferFailure.TransferBroken(node, source.ToString(), exception);
                await backoff.WaitAsync(wait, $"The transfer from node {node} broke off at byte {next}", cancellationToken).ConfigureAwait(false);
            }

            async ValueTask TakeAsync(ReadOnlyMemory<byte> bytes)
            {
                await WriteAsync(file, next, bytes, cancellationToken).ConfigureAwait(false);
                next += bytes.Length;
                _reports.ReportPiece(next, size);
            }
        }

        _reports.Report(null, size, size);
    }

    private long? NextByte(PartialFile? file, long size)
    {
        var next = Math.Min(file?.Length ?? size, upload?.Bytes?.Position ?? size);
        return next < size ? next : null;
    }

    private async Task WriteAsync(PartialFile? file, long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (file is not null && file.Length < offset + bytes.Length)
            await file.AppendAsync(bytes[(int)(file.Length - offset)..]).ConfigureAwait(false);
        if (upload?.Bytes is not { } sent)
            return;
        var known = (int)Math.Clamp(sent.Position - offset, 0, bytes.Length);
        if (!await sent.AppendAsync(offset + known, bytes[known..], Patience, cancellationToken).ConfigureAwait(false))
            throw new ReadingPausedException();
    }

    private async Task CompleteUploadAsync(string hash, long size, CancellationToken cancellationToken)
    {
        if (upload is null)
            return;
        _reports.Report("Completing the upload", size, size);
        while (!await upload.CompleteAsync(hash, cancellationToken).ConfigureAwait(false))
            await FillAsync(file: null, size, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The sha256 of the file on the node, and of what has arrived.</summary>
    private sealed record Hashes(string Expected, string Actual);

    /// <summary>The upload takes no more bytes for a while, or needs other ones.</summary>
    private sealed class ReadingPausedException : Exception;
}
