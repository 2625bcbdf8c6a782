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

/// <summary>The part of an image config that a container is created from.</summary>
/// <param name="User">The user, as <c>UID:GID</c>; null for root.</param>
/// <param name="Labels">The labels.</param>
internal sealed record OciRuntimeConfig(
    [property: JsonPropertyName("User")] string? User, [property: JsonPropertyName("Labels")] SortedDictionary<string, string> Labels);

/// <summary>The layers, by the digests of their uncompressed tars.</summary>
internal sealed record OciRootFs(string Type, [property: JsonPropertyName("diff_ids")] IReadOnlyList<Digest> DiffIds);

/// <summary>How a layer was created.</summary>
internal sealed record OciHistory(string? Created, [property: JsonPropertyName("created_by")] string CreatedBy, string Comment);
