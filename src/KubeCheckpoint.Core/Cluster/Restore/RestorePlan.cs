using System.Text.Json.Nodes;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>What a restore is going to do.</summary>
public sealed record RestorePlan
{
    internal RestorePlan(RestoreRequest request, string manifest)
    {
        Request = request;
        Manifest = manifest;
    }

    /// <summary>The pod to be made, as JSON. It may be changed; images that are still to be pushed are named by their tags.</summary>
    public string Manifest { get; init; }

    /// <summary>The runtime that is to restore, and for which images of archives are made; null where it is not known.</summary>
    public CheckpointEngine? Runtime => Request.Placement.Runtime;

    /// <summary>True where images of archives are still to be made and pushed.</summary>
    public bool HasImagesToPush => Request.Archives.Count > 0;

    /// <summary>The containers that go on from a checkpoint.</summary>
    public IEnumerable<string> RestoredContainers => Request.Images.Select(image => image.ContainerName).Distinct(StringComparer.Ordinal);

    /// <summary>The new pod's namespace.</summary>
    public string Namespace => (string?)Metadata["namespace"] ?? "default";

    /// <summary>The new pod's name, to which a number is added where it is taken and was not the user's choice.</summary>
    public string PodName => (string)Metadata["name"]!;

    /// <summary>The node it is bound to, or null where the scheduler chooses.</summary>
    public string? NodeName => (string?)Pod["spec"]!["nodeName"];

    /// <summary>True where the kubelet starts a restored container that ends once more, from the same checkpoint.</summary>
    public bool RestartsFromCheckpoint => (string?)Pod["spec"]!["restartPolicy"] != "Never";

    internal RestoreRequest Request { get; init; }

    private JsonNode Pod => JsonNode.Parse(Manifest)!;

    private JsonNode Metadata => Pod["metadata"]!;
}
