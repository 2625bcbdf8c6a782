using System.Security.Cryptography;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Layers;

/// <summary>A checkpoint archive as an image layer: the file as it is, or its tar in another compression.</summary>
/// <param name="Path">The archive.</param>
/// <param name="Descriptor">Media type, digest and size of the layer.</param>
/// <param name="DiffId">The digest of the tar.</param>
/// <param name="Stamp">The state of the archive's file when it was hashed.</param>
internal sealed record ArchiveLayer(string Path, OciDescriptor Descriptor, Digest DiffId, ArchiveStamp Stamp)
{
    /// <summary>Hashes an archive in one pass, and writes it to <paramref name="copy"/>, if any, in the same pass.</summary>
    public static ArchiveLayer Read(CheckpointArchive archive, Stream? copy, TransferMeter meter, CancellationToken cancellationToken)
    {
        var stamp = StampOf(archive);
        using var source = FileByteSource.Open(archive.Path);
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = new WatchedStream(new ByteSourceStream(source, 0, source.Length), bytes =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            digest.AppendData(bytes);
            copy?.Write(bytes);
            meter.Add(bytes.Length);
        });
        var diffId = archive.Compression == ArchiveCompression.None ? null : HashContent(archive, file);
        file.ReadToEnd(_ => { });
        stamp.ThrowIfChanged(archive.Path);
        var fileDigest = Digest.FromSha256(digest.GetHashAndReset());
        ArchiveDigests.Remember(archive.Path, stamp, fileDigest, diffId ?? fileDigest);
        return Of(archive, stamp, fileDigest, diffId ?? fileDigest);
    }

    /// <summary>The layer of an archive that this process has hashed and that has not changed since; null for any other.</summary>
    public static ArchiveLayer? Remembered(CheckpointArchive archive)
    {
        var stamp = StampOf(archive);
        // For a compressed file that was downloaded, only the digest of the file is known.
        return ArchiveDigests.Find(archive.Path, stamp) is { } known && (archive.Compression == ArchiveCompression.None || known.DiffId != known.Digest)
            ? Of(archive, stamp, known.Digest, known.DiffId)
            : null;
    }

    private static ArchiveLayer Of(CheckpointArchive archive, ArchiveStamp stamp, Digest digest, Digest diffId) =>
        new(archive.Path, new OciDescriptor(OciMediaTypes.LayerOf(archive.Compression), digest, archive.Size), diffId, stamp);

    internal static ArchiveStamp StampOf(CheckpointArchive archive)
    {
        var stamp = ArchiveStamp.Of(archive.Path);
        return stamp.Length >= 0 && stamp.Length != archive.Size ? throw LayerFailure.ArchiveChangedWhileReading(archive.Path) : stamp;
    }

    private static Digest HashContent(CheckpointArchive archive, Stream file)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var tar = new DecompressedStream(archive.Path, file, archive.Compression);
        tar.ReadToEnd(hash.AppendData);
        return Digest.FromSha256(hash.GetHashAndReset());
    }
}
