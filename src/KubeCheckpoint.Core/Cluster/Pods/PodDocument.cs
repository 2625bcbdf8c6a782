using System.Text.Json;
using System.Text.Json.Nodes;
using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Pods;

/// <summary>
/// A pod's manifest to read and to change. It is JSON inside, so that fields which this version does not know survive. It is parsed once, and
/// becomes text only where it goes to the API server or to the user.
/// </summary>
internal sealed class PodDocument
{
    /// <summary>What an API server takes at most, 3 MiB (its MaxRequestBodyBytes): no pod is larger.</summary>
    private const int LargestManifest = 3 * 1024 * 1024;

    private static readonly TimeSpan DefaultGracePeriod = TimeSpan.FromSeconds(30);

    /// <summary>A pod that is put together from parts.</summary>
    /// <param name="metadata">The metadata, with a name.</param>
    /// <param name="spec">The spec.</param>
    public PodDocument(JsonObject metadata, JsonObject spec)
        : this(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Pod", ["metadata"] = metadata, ["spec"] = spec })
    {
    }

    private PodDocument(JsonObject json)
    {
        Json = json;
        Metadata = json["metadata"]!.AsObject();
        Spec = json["spec"]!.AsObject();
    }

    public JsonObject Json { get; }

    public JsonObject Metadata { get; }

    public JsonObject Spec { get; }

    public string Name
    {
        get => Metadata.Text("name")!;
        set => Metadata["name"] = value;
    }

    public string Namespace => Metadata.Text("namespace") ?? "default";

    /// <summary>The node it is bound to, or null.</summary>
    public string? NodeName => Spec.Text("nodeName");

    /// <summary>The host name that the spec gives the pod; null where it is the pod's name.</summary>
    public string? HostName => Spec.Text("hostname");

    public bool UsesHostNetwork => Spec.Flag("hostNetwork") == true;

    /// <summary>True for a pod that its node's kubelet makes from a file.</summary>
    public bool IsStatic => Metadata.Object("annotations")?.ContainsKey("kubernetes.io/config.mirror") == true;

    /// <summary>True where the kubelet starts a container that has ended once more.</summary>
    public bool RestartsContainers => Spec.Text("restartPolicy") != "Never";

    /// <summary>How long the pod may take to end.</summary>
    public TimeSpan GracePeriod =>
        Spec.Number("terminationGracePeriodSeconds") is { } seconds ? TimeSpan.FromSeconds(seconds) : DefaultGracePeriod;

    /// <summary>The containers that can be restored: those of the pod, then the init containers, sidecars among them.</summary>
    public IEnumerable<JsonObject> Containers => Spec.Objects("containers").Concat(Spec.Objects("initContainers"));

    public bool HasInitContainers => Spec.Objects("initContainers").Any();

    public IEnumerable<JsonObject> Volumes => Spec.Objects("volumes");

    /// <summary>The names of the volumes that begin empty.</summary>
    public IEnumerable<string> EmptyDirs =>
        Volumes.Where(volume => volume.Object("emptyDir") is not null).Select(volume => volume.Text("name")).OfType<string>();

    /// <summary>The names of the emptyDir volumes whose files can be copied. Files of huge pages can only be mapped, not written.</summary>
    public IEnumerable<string> CopyableEmptyDirs => EmptyDirs.Except(
        Volumes.Where(volume => volume.Object("emptyDir")?.Text("medium")?.StartsWith("HugePages", StringComparison.Ordinal) == true)
            .Select(volume => volume.Text("name")).OfType<string>());

    /// <summary>The ports of its node that the pod takes.</summary>
    public IEnumerable<int> HostPorts =>
        Containers.SelectMany(container => container.Objects("ports")).Select(port => port.Number("hostPort") ?? 0).Where(port => port != 0);

    /// <summary>The names of the secrets that its images are pulled with.</summary>
    public IEnumerable<string> PullSecrets => Spec.Objects("imagePullSecrets").Select(secret => secret.Text("name")).OfType<string>();

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="KubeCheckpointException">PodManifestInvalid.</exception>
    public static PodDocument Parse(PodManifest manifest)
    {
        if (manifest.Json.Length > LargestManifest)
            throw PodManifestFailure.PodManifestInvalid($"it is larger than the {LargestManifest} bytes that an API server takes");
        try
        {
            return Of(StrictJson.ParseNode(manifest.Json));
        }
        catch (JsonException exception)
        {
            throw PodManifestFailure.PodManifestInvalid(exception.Message, inner: exception);
        }
    }

    /// <summary>Reads a manifest where there is one that can be read.</summary>
    public static PodDocument? TryParse(PodManifest? manifest)
    {
        try
        {
            return manifest is null ? null : Parse(manifest);
        }
        catch (KubeCheckpointException)
        {
            return null;
        }
    }

    /// <summary>The pod that a JSON value is.</summary>
    /// <exception cref="KubeCheckpointException">PodManifestInvalid.</exception>
    public static PodDocument Of(JsonNode? json) =>
        json is JsonObject pod && IsPod(pod) ? new(pod) : throw PodManifestFailure.PodManifestInvalid("it is not a pod with a name and containers");

    /// <summary>A pod of its own to change.</summary>
    public PodDocument Copy() => new(Json.DeepClone().AsObject());

    /// <summary>The pod as it goes to the server or to the user.</summary>
    public PodManifest ToManifest() => new(Json.ToJsonString());

    public JsonObject? FindContainer(string name) => Containers.FirstOrDefault(container => container.Text("name") == name);

    public string? Annotation(string name) => Metadata.Object("annotations")?.Text(name);

    /// <summary>What must be in the pod's namespace before its containers start.</summary>
    public PodReferences References() => PodReferences.Of(this);

    /// <summary>The items of a list lack the kind.</summary>
    private static bool IsPod(JsonObject pod) =>
        (pod["kind"] is null || pod.Text("kind") == "Pod")
        && pod.Object("metadata") is { } metadata
        && metadata.Text("name") is not null
        && (metadata["namespace"] is null || metadata.Text("namespace") is not null)
        && pod.Object("spec") is { } spec
        && spec["containers"] is JsonArray { Count: > 0 };
}
