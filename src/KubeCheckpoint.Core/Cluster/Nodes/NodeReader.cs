using System.Text.Json;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Nodes;

/// <summary>Reads a <see cref="ClusterNode"/> from the JSON of an API server.</summary>
internal static class NodeReader
{
    private const string RuntimeSeparator = "://";

    public static ClusterNode Read(JsonElement node)
    {
        var runtime = (node.Text("status", "nodeInfo", "containerRuntimeVersion") ?? "").Split(RuntimeSeparator, 2);
        return new()
        {
            Name = node.Text("metadata", "name") ?? "",
            IsReady = Conditions(node).Contains("Ready"),
            IsUnschedulable = node.IsTrue("spec", "unschedulable"),
            KubeletVersion = node.Text("status", "nodeInfo", "kubeletVersion"),
            Runtime = EngineOf(runtime[0]),
            RuntimeName = runtime[0].Length == 0 ? null : runtime[0],
            RuntimeVersion = runtime.Length == 2 ? runtime[1] : null,
            Architecture = node.Text("status", "nodeInfo", "architecture"),
            OperatingSystem = node.Text("status", "nodeInfo", "operatingSystem"),
            OsImage = node.Text("status", "nodeInfo", "osImage"),
            KernelVersion = node.Text("status", "nodeInfo", "kernelVersion"),
            InternalIP = node.Items("status", "addresses").FirstOrDefault(address => address.Text("type") == "InternalIP").Text("address"),
            Pressures = [.. Conditions(node).Where(condition => condition.EndsWith("Pressure", StringComparison.Ordinal))],
            ImageNames = [.. node.Items("status", "images").SelectMany(image => image.Items("names")).Select(name => name.Text()).OfType<string>()],
            EvictingTaints = [.. Taints(node, "NoExecute")],
            RepellingTaints = [.. Taints(node, "NoSchedule")],
            Allocatable = Amounts(node.At("status", "allocatable")),
            Labels = PodReader.Labels(node),
        };
    }

    private static CheckpointEngine? EngineOf(string runtime) => runtime switch
    {
        "cri-o" => CheckpointEngine.CriO,
        "containerd" => CheckpointEngine.Containerd,
        _ => null,
    };

    private static Dictionary<string, decimal> Amounts(JsonElement quantities) => quantities.ValueKind != JsonValueKind.Object
        ? []
        : quantities.EnumerateObject()
            .Select(quantity => (quantity.Name, Amount: Quantity.Parse(quantity.Value.ToString())))
            .Where(quantity => quantity.Amount is not null)
            .ToDictionary(quantity => quantity.Name, quantity => quantity.Amount!.Value, StringComparer.Ordinal);

    private static IEnumerable<string> Taints(JsonElement node, string effect) => node.Items("spec", "taints")
        .Where(taint => taint.Text("effect") == effect)
        .Select(taint => $"{taint.Text("key")}={taint.Text("value")}");

    /// <summary>The types of the conditions that are true.</summary>
    private static IEnumerable<string> Conditions(JsonElement node) => node.Items("status", "conditions")
        .Where(condition => condition.Text("status") == "True")
        .Select(condition => condition.Text("type"))
        .OfType<string>();
}
