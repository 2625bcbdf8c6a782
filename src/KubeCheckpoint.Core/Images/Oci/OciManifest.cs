namespace KubeCheckpoint.Images.Oci;

/// <summary>An image manifest (image spec, manifest.md).</summary>
internal sealed record OciManifest(
    int SchemaVersion,
    string MediaType,
    OciDescriptor Config,
    IReadOnlyList<OciDescriptor> Layers,
    SortedDictionary<string, string> Annotations);
