using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images;

/// <summary>The second layer of an image for another runtime than the one that wrote the archive: a few members that stand over the archive's.</summary>
/// <param name="Tar">The layer: a plain tar, small enough to be held.</param>
/// <param name="Descriptor">Media type, digest (also the diff_id) and size.</param>
internal sealed record OverlayLayer(byte[] Tar, OciDescriptor Descriptor)
{
    public static OverlayLayer Of(byte[] tar) =>
        new(tar, new OciDescriptor(OciMediaTypes.LayerOf(ArchiveCompression.None), Digest.Of(tar).ToString(), tar.Length));
}
