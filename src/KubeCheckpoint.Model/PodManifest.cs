using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

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
    public override string ToString()
    {
        try
        {
            using var document = JsonDocument.Parse(Json);
            return string.Join(' ', new[] { "Pod", NameIn(document.RootElement) }.OfType<string>());
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return "Pod";
        }
    }

    private static string? NameIn(JsonElement pod)
    {
        if (Member(pod, "metadata") is not { } metadata || Text(metadata, "name") is not { } name)
            return null;
        return Text(metadata, "namespace") is { } ns ? $"{ns}/{name}" : name;
    }

    // An archive may contain anything; a name that Kubernetes allows has no control characters.
    private static string? Text(JsonElement owner, string name) =>
        Member(owner, name) is { ValueKind: JsonValueKind.String } value
        && value.GetString() is { Length: > 0 } text
        && !text.Any(char.IsControl)
            ? text
            : null;

    private static JsonElement? Member(JsonElement owner, string name) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out var value) ? value : null;
}
