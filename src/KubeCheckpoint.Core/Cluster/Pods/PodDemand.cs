using System.Text.Json.Nodes;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Pods;

/// <summary>
/// What a pod takes of a node by its requests, computed as the scheduler and the kubelet do: containers and sidecars run together, other init
/// containers one after the other before them (PodRequests,
/// https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/component-helpers/resource/helpers.go).
/// </summary>
internal static class PodDemand
{
    private const string Pods = "pods";

    /// <summary>The amounts by the name of the resource: cores of cpu, bytes of memory, and one of <c>pods</c>.</summary>
    public static Dictionary<string, decimal> Of(PodDocument pod)
    {
        var running = new Dictionary<string, decimal>(StringComparer.Ordinal);
        var peak = new Dictionary<string, decimal>(StringComparer.Ordinal);
        foreach (var init in pod.Spec.Objects("initContainers"))
        {
            if (init.Text("restartPolicy") == "Always")
                Add(running, Requests(init));
            else
                Raise(peak, Sum(running, Requests(init)));
        }

        foreach (var container in pod.Spec.Objects("containers"))
            Add(running, Requests(container));
        Raise(running, peak);
        Raise(running, Requests(pod.Spec));
        Add(running, Amounts(pod.Spec.Object("overhead")));
        running[Pods] = 1;
        return running;
    }

    private static Dictionary<string, decimal> Requests(JsonObject holder) => Amounts(holder.Object("resources")?.Object("requests"));

    private static Dictionary<string, decimal> Amounts(JsonObject? quantities) => (quantities ?? [])
        .Select(pair => (pair.Key, Amount: Quantity.Parse((pair.Value as JsonValue)?.ToString())))
        .Where(pair => pair.Amount is not null)
        .ToDictionary(pair => pair.Key, pair => pair.Amount!.Value, StringComparer.Ordinal);

    private static Dictionary<string, decimal> Sum(Dictionary<string, decimal> one, Dictionary<string, decimal> other)
    {
        var sum = new Dictionary<string, decimal>(one, StringComparer.Ordinal);
        Add(sum, other);
        return sum;
    }

    private static void Add(Dictionary<string, decimal> sum, Dictionary<string, decimal> amounts)
    {
        foreach (var (name, amount) in amounts)
            sum[name] = sum.GetValueOrDefault(name) + amount;
    }

    private static void Raise(Dictionary<string, decimal> peak, Dictionary<string, decimal> amounts)
    {
        foreach (var (name, amount) in amounts)
            peak[name] = Math.Max(peak.GetValueOrDefault(name), amount);
    }
}
