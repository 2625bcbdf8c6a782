using System.Globalization;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Cluster.Preflight.Proof;

/// <summary>
/// A pod with a shell that counts. The shell's memory holds a random id and the current number, and it prints both: only a restored process
/// can continue with both.
/// </summary>
internal sealed class CountingPod(ClusterClient cluster, string ns, string name)
{
    public const string Script =
        "read -r id < /proc/sys/kernel/random/uuid; n=0; while :; do n=$((n+1)); echo \"$id $n\"; sleep 1 || busybox sleep 1; done";

    private const int Lines = 5;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Waits until the log has a count; with <paramref name="after"/>, one that continues it.</summary>
    /// <returns>The latest count, or null if none came in time.</returns>
    /// <exception cref="KubeCheckpointException">Forbidden, ClusterUnreachable and the like.</exception>
    public async Task<Count?> CountsAsync(Count? after, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            while (true)
            {
                if (await ReadAsync(limit.Token).ConfigureAwait(false) is { } count && (after is null || (count.Id == after.Id && count.Number > after.Number)))
                    return count;
                await Task.Delay(BetweenLooks, limit.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<Count?> ReadAsync(CancellationToken cancellationToken)
    {
        var path = $"{PodApi.PathOf(ns, name)}/log?tailLines={Lines}";
        var response = await cluster.Server.Connection.SendAsync(HttpMethod.Get, path, ServerConnection.SmallRequest, cancellationToken, accept: "*/*")
            .ConfigureAwait(false);
        if (!response.IsSuccess)
            throw ApiRefusal.ToFailure(response, cluster.Server.Connection.BaseUri);
        return response.Body.Split('\n').Select(Parse).LastOrDefault(count => count is not null);
    }

    private static Count? Parse(string line) =>
        line.Trim().Split(' ') is [{ Length: 36 } id, { } text] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new(id, number)
            : null;

    /// <summary>A line that the shell printed.</summary>
    public sealed record Count(string Id, int Number);
}
