namespace KubeCheckpoint.Images.Oci;

/// <summary>What points at a blob (image spec, descriptor.md).</summary>
internal sealed record OciDescriptor(string MediaType, string Digest, long Size);
