using System.Net;
using System.Text.Json;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>Reads the state of a kubelet through the API server's node proxy, without changing anything.</summary>
internal sealed class KubeletReader(ApiServer server, string node)
{
    /// <summary>For a kubelet that is down, the API server would wait much longer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Needs <c>get</c> on <c>nodes/proxy</c>.</summary>
    public Task<Fact<KubeletConfiguration>> GetConfigurationAsync(CancellationToken cancellationToken) =>
        ReadAsync("configz", ReadConfiguration, cancellationToken);

    /// <summary>Needs <c>get</c> on <c>nodes/proxy</c>.</summary>
    public Task<Fact<NodeDisk>> GetDiskAsync(CancellationToken cancellationToken) =>
        ReadAsync("stats/summary", ReadDisk, cancellationToken);

    /// <summary>The memory in use by a pod. Needs <c>get</c> on <c>nodes/proxy</c>.</summary>
    public Task<Fact<PodMemory>> GetMemoryAsync(string uid, CancellationToken cancellationToken) =>
        ReadAsync("stats/summary", root => ReadMemory(root, uid), cancellationToken);

    /// <summary>
    /// Requests a checkpoint of a pod that does not exist. The kubelet looks up the pod before it does anything else. Needs <c>create</c> on
    /// <c>nodes/proxy</c>.
    /// </summary>
    public async Task<KubeletProbe> ProbeAsync(CancellationToken cancellationToken)
    {
        var pod = WellKnownNames.NewName("probe");
        try
        {
            var response = await SendAsync(HttpMethod.Post, $"checkpoint/default/{pod}/probe", cancellationToken).ConfigureAwait(false);
            return new(ResultOf(response), response.Message.Shorten(300));
        }
        catch (KubeCheckpointException failure)
        {
            return new(ProbeResult.Unknown, failure.Message);
        }
    }

    private static ProbeResult ResultOf(ServerResponse response) => response.Status switch
    {
        HttpStatusCode.NotFound when response.Message == "pod does not exist" => ProbeResult.Open,
        HttpStatusCode.NotFound when response.Message == "404 page not found" => ProbeResult.NoEndpoint,
        HttpStatusCode.Forbidden when response.ApiStatus is not null => ProbeResult.CallerForbidden,
        HttpStatusCode.Forbidden => ProbeResult.ApiServerForbidden,
        HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => ProbeResult.KubeletUnreachable,
        _ => ProbeResult.Unknown,
    };

    private async Task<Fact<T>> ReadAsync<T>(string path, Func<JsonElement, T?> read, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            var response = await SendAsync(HttpMethod.Get, path, cancellationToken).ConfigureAwait(false);
            if (!response.IsSuccess)
                return Fact<T>.Unknown(response.Message.Shorten(300));
            using var json = response.ToJson();
            return read(json.RootElement) is { } value ? Fact<T>.Of(value) : Fact<T>.Unknown($"the kubelet's {path} does not include it");
        }
        catch (JsonException)
        {
            return Fact<T>.Unknown($"the kubelet's {path} is not JSON");
        }
        catch (KubeCheckpointException failure)
        {
            return Fact<T>.Unknown(failure.Message);
        }
    }

    private Task<ServerResponse> SendAsync(HttpMethod method, string path, CancellationToken cancellationToken) =>
        server.Connection.SendAsync(method, $"api/v1/nodes/{ResourceName.Node(node)}/proxy/{path}", Patience, cancellationToken);

    private static KubeletConfiguration? ReadConfiguration(JsonElement root)
    {
        var configuration = root.At("kubeletconfig");
        if (configuration.ValueKind != JsonValueKind.Object)
            return null;
        return new()
        {
            IsCheckpointGateSet = Flag(configuration, "featureGates", "ContainerCheckpoint"),
            EnablesDebuggingHandlers = Flag(configuration, "enableDebuggingHandlers"),
            RuntimeRequestTimeout = GoDuration.Parse(configuration.Text("runtimeRequestTimeout")),
        };
    }

    private static NodeDisk? ReadDisk(JsonElement root)
    {
        var node = root.At("node");
        return Bytes(node.At("fs", "availableBytes")) is { } available
            ? new(available, Bytes(node.At("runtime", "imageFs", "availableBytes")))
            : null;
    }

    private static PodMemory? ReadMemory(JsonElement root, string uid)
    {
        var pod = root.Items("pods").FirstOrDefault(item => item.Text("podRef", "uid") == uid);
        return pod.ValueKind == JsonValueKind.Object && Bytes(pod.At("memory", "workingSetBytes")) is { } bytes ? new(bytes) : null;
    }

    private static bool? Flag(JsonElement element, params ReadOnlySpan<string> path) => element.At(path).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private static long? Bytes(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var bytes) ? bytes : null;
}

/// <summary>The settings in a kubelet's configuration (<c>/configz</c>) that concern checkpoints.</summary>
internal sealed record KubeletConfiguration
{
    /// <summary>The value of the feature gate ContainerCheckpoint, or null if it is not set.</summary>
    public bool? IsCheckpointGateSet { get; init; }

    public bool? EnablesDebuggingHandlers { get; init; }

    public TimeSpan? RuntimeRequestTimeout { get; init; }
}

/// <summary>The memory in use by a pod (<c>/stats/summary</c>).</summary>
/// <param name="Used">The bytes of its working set.</param>
internal sealed record PodMemory(long Used);

/// <summary>The free space on a node's disks, in bytes (<c>/stats/summary</c>).</summary>
/// <param name="AvailableBytes">The free space on the file system of the kubelet's folder, which receives checkpoints.</param>
/// <param name="ImageAvailableBytes">The free space on the file system of the images and containers, or null if it is not reported.</param>
internal sealed record NodeDisk(long AvailableBytes, long? ImageAvailableBytes);
