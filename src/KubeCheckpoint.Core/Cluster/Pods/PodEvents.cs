using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Pods;

/// <summary>Reads the warning events of a pod.</summary>
internal static class PodEvents
{
    private const int Most = 8;

    /// <summary>The warnings as <c>Reason: message</c>, the latest last; none if the user may not list events.</summary>
    public static async Task<IReadOnlyList<string>> WarningsAsync(ApiServer server, string ns, string pod, CancellationToken cancellationToken)
    {
        var selector = Uri.EscapeDataString($"involvedObject.kind=Pod,involvedObject.name={ResourceName.Pod(pod)},type=Warning");
        try
        {
            using var list = await server.GetAsync(
                $"api/v1/namespaces/{ResourceName.Namespace(ns)}/events?limit=100&fieldSelector={selector}", cancellationToken)
                .ConfigureAwait(false);
            return [.. list.RootElement.Items("items")
                .OrderBy(item => item.Time("lastTimestamp") ?? item.Time("eventTime") ?? item.Time("firstTimestamp"))
                .Select(item => $"{item.Text("reason")}: {item.Text("message")?.Trim()}")
                .Distinct(StringComparer.Ordinal)
                .TakeLast(Most)];
        }
        catch (KubeCheckpointException)
        {
            // The events only explain a failure that is reported anyway.
            return [];
        }
    }
}
