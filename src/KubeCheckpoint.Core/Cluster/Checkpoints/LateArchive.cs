using System.Diagnostics;
using System.Globalization;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>
/// Looks on the node for the archive of a request that timed out: CRI-O goes on writing it after the kubelet has given up.
/// </summary>
internal sealed class LateArchive(ArchiveTransfer transfer, CheckpointTarget target, string nodeName)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(2);

    /// <summary>How long to wait for a file to appear; the runtime makes it only when the dump itself is done.</summary>
    private static readonly TimeSpan Appearance = TimeSpan.FromSeconds(20);

    /// <summary>Clocks count whole seconds here, and a file may have been touched just before the request.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    /// <summary>The path of the archive once two looks see it at one size, or null when none appears or it still grows at the end.</summary>
    public async Task<string?> WaitAsync(long requestedAt, TimeSpan patience, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        NodeArchive? last = null;
        while (watch.Elapsed < patience && (last is not null || watch.Elapsed < Appearance))
        {
            var now = await FindAsync(requestedAt, cancellationToken).ConfigureAwait(false);
            if (now is { Size: > 0 } && now.Path == last?.Path && now.Size == last.Size)
                return now.Path;
            last = now;
            await Task.Delay(BetweenLooks, cancellationToken).ConfigureAwait(false);
        }

        return null;
    }

    /// <summary>The path of an archive that still grows, or null.</summary>
    public async Task<string?> StillGrowingAsync(long requestedAt, CancellationToken cancellationToken)
    {
        var first = await FindAsync(requestedAt, cancellationToken).ConfigureAwait(false);
        if (first is null)
            return null;
        await Task.Delay(BetweenLooks, cancellationToken).ConfigureAwait(false);
        var second = await FindAsync(requestedAt, cancellationToken).ConfigureAwait(false);
        return second is not null && second.Size != first.Size ? second.Path : null;
    }

    /// <summary>The newest archive of just this container that was written to since the request.</summary>
    private async Task<NodeArchive?> FindAsync(long requestedAt, CancellationToken cancellationToken)
    {
        var prefix = $"checkpoint-{target.PodName}_{target.Namespace}-{target.ContainerName}-";
        var archives = await transfer.ListAsync(nodeName, prefix, cancellationToken).ConfigureAwait(false);
        var since = Stopwatch.GetElapsedTime(requestedAt) + Slack;
        return archives.Where(archive => archive.Age <= since && IsOf(archive.Path, prefix)).MinBy(archive => archive.Age);
    }

    /// <summary>Container <c>app</c> must not take an archive of <c>app-2</c> for its own: after the prefix comes a time and nothing else.</summary>
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
