using System.Globalization;
using System.Text.Json;

namespace KubeCheckpoint.Images.Oci;

/// <summary>An image config from any tool (image spec, config.md), as far as a restore reads it.</summary>
internal sealed record OciConfig(
    string? Os, string? Architecture, DateTimeOffset? Created, IReadOnlyList<string> DiffIds, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>The largest config that is read: 16 MiB. One of its labels holds a pod manifest.</summary>
    public const int LargestConfig = 16 * 1024 * 1024;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64 };

    /// <exception cref="KubeCheckpointException">ImageDocumentInvalid.</exception>
    public static OciConfig Parse(string place, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            var root = document.RootElement;
            var created = Text(root, "created");
            return new OciConfig(
                Text(root, "os"),
                Text(root, "architecture"),
                DateTimeOffset.TryParse(created, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null,
                Child(root, "rootfs") is { } files && Child(files, "diff_ids") is { ValueKind: JsonValueKind.Array } list
                    ? [.. list.EnumerateArray().Select(item => item.GetString() ?? "")]
                    : [],
                Child(root, "config") is { } config && Child(config, "Labels") is { } labels
                    ? labels.EnumerateObject()
                        .GroupBy(label => label.Name)
                        .ToDictionary(label => label.Key, label => label.Last().Value.GetString() ?? "", StringComparer.Ordinal)
                    : []);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw ImageFailure.ImageDocumentInvalid(place, $"its config does not follow the specification: {exception.Message}", exception);
        }
    }

    private static JsonElement? Child(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string? Text(JsonElement parent, string name) => Child(parent, name)?.GetString();
}
