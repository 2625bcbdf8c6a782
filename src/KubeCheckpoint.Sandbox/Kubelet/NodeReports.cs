using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>A kubelet's /configz and /stats/summary, with the fields that the module reads.</summary>
internal static class NodeReports
{
    private const long CapacityBytes = 250L * 1024 * 1024 * 1024;

    public static JsonObject Configuration(ClusterState state, NodeState node)
    {
        var configuration = new JsonObject
        {
            ["kind"] = "KubeletConfiguration",
            ["apiVersion"] = "kubelet.config.k8s.io/v1beta1",
            ["enableServer"] = true,
            ["enableDebuggingHandlers"] = node.Definition.DebuggingHandlers,
            ["runtimeRequestTimeout"] = Duration(state.Options.RuntimeRequestTimeout),
            ["nodeStatusMaxImages"] = 50,
            ["containerRuntimeEndpoint"] = node.Definition.Runtime == SandboxRuntime.CriO
                ? "unix:///run/crio/crio.sock"
                : "unix:///run/containerd/containerd.sock",
        };
        if (node.Definition.CheckpointGate is { } gate)
            configuration["featureGates"] = new JsonObject { ["ContainerCheckpoint"] = gate };
        return new JsonObject { ["kubeletconfig"] = configuration };
    }

    public static JsonObject Summary(NodeState node) => new()
    {
        ["node"] = new JsonObject
        {
            ["nodeName"] = node.Name,
            ["fs"] = Disk(node),
            ["runtime"] = new JsonObject { ["imageFs"] = Disk(node), ["containerFs"] = Disk(node) },
        },
        ["pods"] = new JsonArray(),
    };

    private static JsonObject Disk(NodeState node) => new()
    {
        ["time"] = JsonText.Time(DateTimeOffset.UtcNow),
        ["availableBytes"] = node.Definition.AvailableBytes,
        ["capacityBytes"] = CapacityBytes,
        ["usedBytes"] = CapacityBytes - node.Definition.AvailableBytes,
    };

    // As Go formats a duration of whole seconds, or of less than one.
    private static string Duration(TimeSpan time) => time < TimeSpan.FromSeconds(1)
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0}ms")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes}m{time.Seconds}s");
}
