namespace KubeCheckpoint.Images.Oci;

/// <summary>A manifest in an index (image spec, image-index.md).</summary>
internal sealed record OciIndexEntry(OciDescriptor Descriptor, string? Os, string? Architecture, IReadOnlyDictionary<string, string> Annotations);
