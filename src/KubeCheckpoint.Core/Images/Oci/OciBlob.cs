namespace KubeCheckpoint.Images.Oci;

/// <summary>A small blob in memory: a manifest or a config.</summary>
internal sealed record OciBlob(OciDescriptor Descriptor, byte[] Content)
{
    public static OciBlob Of(string mediaType, byte[] content) => new(new OciDescriptor(mediaType, Digest.Of(content), content.Length), content);
}
