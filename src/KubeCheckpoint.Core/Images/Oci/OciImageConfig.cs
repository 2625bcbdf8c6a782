using System.Text.Json.Serialization;

namespace KubeCheckpoint.Images.Oci;

/// <summary>An image config (image spec, config.md).</summary>
internal sealed record OciImageConfig(
    string? Created,
    string Architecture,
    string Os,
    OciRuntimeConfig Config,
    [property: JsonPropertyName("rootfs")] OciRootFs RootFs,
    IReadOnlyList<OciHistory> History);

/// <summary>The part of an image config that becomes a container's.</summary>
internal sealed record OciRuntimeConfig([property: JsonPropertyName("Labels")] SortedDictionary<string, string> Labels);

/// <summary>The layers by the digests of their tars before compression.</summary>
internal sealed record OciRootFs(string Type, [property: JsonPropertyName("diff_ids")] IReadOnlyList<string> DiffIds);

/// <summary>How a layer came to be.</summary>
internal sealed record OciHistory(string? Created, [property: JsonPropertyName("created_by")] string CreatedBy, string Comment);
