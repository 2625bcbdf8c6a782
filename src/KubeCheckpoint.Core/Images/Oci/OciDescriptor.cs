namespace KubeCheckpoint.Images.Oci;

/// <summary>A reference to a blob (image spec, descriptor.md).</summary>
internal sealed record OciDescriptor(string MediaType, Digest Digest, long Size);
