using System.Security.Cryptography;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images;

/// <summary>A checkpoint archive seen as an image layer, byte for byte.</summary>
/// <param name="Path">The archive.</param>
/// <param name="Descriptor">Media type, digest and size of the file.</param>
/// <param name="DiffId">The digest of the tar: that of the file, where it is a plain tar.</param>
/// <param name="Stamp">What the file looked like when it was hashed.</param>
internal sealed record ArchiveLayer(string Path, OciDescriptor Descriptor, Digest DiffId, ArchiveStamp Stamp)
{
    public const int BufferSize = 1024 * 1024;

    /// <summary>Hashes an archive in one pass, and copies it in the same pass where a copy is wanted.</summary>
    public static ArchiveLayer Read(CheckpointArchive archive, Stream? copy, TransferMeter meter, CancellationToken cancellationToken)
    {
        var stamp = ArchiveStamp.Of(archive.Path);
        if (stamp.Length >= 0 && stamp.Length != archive.Size)
            throw ImageFailure.ArchiveChangedWhileReading(archive.Path);
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
        ReadToEnd(file, _ => { });
        stamp.ThrowIfChanged(archive.Path);
        var fileDigest = Digest.FromSha256(digest.GetHashAndReset());
        var descriptor = new OciDescriptor(OciMediaTypes.LayerOf(archive.Compression), fileDigest.ToString(), source.Length);
        return new ArchiveLayer(archive.Path, descriptor, diffId ?? fileDigest, stamp);
    }

    private static Digest HashContent(CheckpointArchive archive, Stream file)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var tar = new DecompressedStream(archive.Path, file, archive.Compression);
        ReadToEnd(tar, hash.AppendData);
        return Digest.FromSha256(hash.GetHashAndReset());
    }

    private static void ReadToEnd(Stream stream, WatchedStream.Watcher watch)
    {
        var buffer = new byte[BufferSize];
        while (stream.Read(buffer) is > 0 and var count)
            watch(buffer.AsSpan(0, count));
    }
}
