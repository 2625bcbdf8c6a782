using System.Diagnostics;
using System.Globalization;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>
/// Finds the archive of a request without a response on the node: the kubelet may have received the request, and CRI-O continues to write
/// after the kubelet has given up.
/// </summary>
/// <param name="transfer">Lists the files on the node.</param>
/// <param name="target">The container.</param>
/// <param name="nodeName">The node.</param>
/// <param name="earlier">The path of the container's archive before, whose time in whole seconds may look like that of this request; or null.</param>
internal sealed class LateArchive(ArchiveTransfer transfer, CheckpointTarget target, string nodeName, string? earlier)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(2);

    /// <summary>How long to wait for the file to appear; the runtime creates it only after the dump.</summary>
    private static readonly TimeSpan AppearanceLimit = TimeSpan.FromSeconds(20);

    /// <summary>The times are in whole seconds, so a file may seem to be written just before the request.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    /// <summary>The path of the archive once its size is the same twice, or null if none appears or it still grows at the end.</summary>
    public async Task<string?> WaitAsync(long requestedAt, TimeSpan patience, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        NodeArchive? last = null;
        while (watch.Elapsed < patience && (last is not null || watch.Elapsed < AppearanceLimit))
        {
            var now = await FindAsync(requestedAt, cancellationToken).ConfigureAwait(false);
            if (now is { Size: > 0 } && now.Path == last?.Path && now.Size == last.Size)
                return now.Path;
            last = now;
            await Task.Delay(PollInterval, cancellationToken).ConfigureAwait(false);
        }

        return null;
    }

    /// <summary>The path of an archive that still grows, or null.</summary>
    public async Task<string?> StillGrowingAsync(long requestedAt, CancellationToken cancellationToken)
    {
        var first = await FindAsync(requestedAt, cancellationToken).ConfigureAwait(false);
        if (first is null)
            return null;
        await Task.Delay(PollInterval, cancellationToken).ConfigureAwait(false);
        var second = await FindAsync(requestedAt, cancellationToken).ConfigureAwait(false);
        return second is not null && second.Size != first.Size ? second.Path : null;
    }

    /// <summary>The newest archive of this container that was written since the request.</summary>
    private async Task<NodeArchive?> FindAsync(long requestedAt, CancellationToken cancellationToken)
    {
        var archives = await transfer.ListAsync(nodeName, target.ArchivePrefix, cancellationToken).ConfigureAwait(false);
        var since = Stopwatch.GetElapsedTime(requestedAt) + Slack;
        return archives
            .Where(archive => archive.Age <= since && archive.Path != earlier && IsOf(archive.Path, target.ArchivePrefix))
            .MinBy(archive => archive.Age);
    }

    /// <summary>Whether only a time follows the prefix, so that an archive of container <c>app-2</c> is not taken for one of <c>app</c>.</summary>
    private static bool IsOf(string path, string prefix)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        if (!name.StartsWith(prefix, StringComparison.Ordinal) || !name.EndsWith(".tar", StringComparison.Ordinal))
            return false;
        var time = name[prefix.Length..^".tar".Length];
        return time.Length > 0 && char.IsAsciiDigit(time[0])
            && DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
    }
}
