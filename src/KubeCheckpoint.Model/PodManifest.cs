using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using KubeCheckpoint.Json;

namespace KubeCheckpoint;

/// <summary>A pod's manifest: its JSON, unchanged. It is displayed by the pod's name only, because its environment variables often hold secrets.</summary>
public sealed record PodManifest
{
    /// <summary>Creates a manifest whose JSON is still to be set.</summary>
    public PodManifest()
    {
    }

    /// <summary>Creates a manifest.</summary>
    /// <param name="json">The pod as JSON.</param>
    [SetsRequiredMembers]
    public PodManifest(string json) => Json = json;

    /// <summary>The pod as JSON.</summary>
    public required string Json { get; init; }

    /// <summary><c>Pod namespace/name</c>.</summary>
    public override string ToString() => StrictJson.TryRead(Json, NameIn) is { } name ? $"Pod {name}" : "Pod";

    private static string? NameIn(JsonElement pod)
    {
        if (Text(pod, "name") is not { } name)
            return null;
        return Text(pod, "namespace") is { } ns ? $"{ns}/{name}" : name;
    }

    // An archive may contain anything; a name that Kubernetes allows has no control characters.
    private static string? Text(JsonElement pod, string name) =>
        pod.Text("metadata", name) is { } text && !text.Any(char.IsControl) ? text : null;
}
