using System.Globalization;
using System.Text.Json;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Images.Oci;

/// <summary>An image config from any tool (image spec, config.md), as far as a restore reads it.</summary>
internal sealed record OciConfig(
    string? Os, string? Architecture, DateTimeOffset? Created, IReadOnlyList<string> DiffIds, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>The largest config that is read: 16 MiB. One of its labels holds a pod manifest.</summary>
    public const int LargestConfig = 16 * 1024 * 1024;

    /// <exception cref="KubeCheckpointException">ImageDocumentInvalid.</exception>
    public static OciConfig Parse(string place, ReadOnlyMemory<byte> json) => StrictJson.Read(
        json, Read, exception => ImageFailure.ImageDocumentInvalid(place, $"its config does not follow the specification: {exception.Message}", exception));

    private static OciConfig Read(JsonElement root) => new(
        Text(root, "os"),
        Text(root, "architecture"),
        DateTimeOffset.TryParse(Text(root, "created"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null,
        Child(root, "rootfs") is { } files && Child(files, "diff_ids") is { ValueKind: JsonValueKind.Array } list
            ? [.. list.EnumerateArray().Select(item => item.GetString() ?? "")]
            : [],
        Child(root, "config") is { } config && Child(config, "Labels") is { } labels
            ? labels.EnumerateObject().ToDictionary(label => label.Name, label => label.Value.GetString() ?? "", StringComparer.Ordinal)
            : []);

    private static JsonElement? Child(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string? Text(JsonElement parent, string name) => Child(parent, name)?.GetString();
}
