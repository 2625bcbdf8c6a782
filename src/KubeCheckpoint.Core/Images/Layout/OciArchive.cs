using System.Formats.Tar;
using System.Security.Cryptography;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Layers;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Layout;

/// <summary>Writes an image as an oci-archive: a layout in a tar, as skopeo, podman load and ctr image import read it.</summary>
internal static class OciArchive
{
    public static void Write(
        string path, string name, ArchiveLayer layer, IByteSource source, RestoreImageContent content, TransferMeter meter, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            WholeFile.Write(path, overwrite: false, file =>
            {
                using var tar = new TarWriter(file, TarEntryFormat.Gnu, leaveOpen: true);
                Add(tar, OciLayoutIndex.MarkerName, new MemoryStream(OciLayoutIndex.Marker));
                Add(tar, OciLayoutIndex.FileName, new MemoryStream(OciLayoutIndex.Add(OciLayoutIndex.Empty(), name, content)));
                Add(tar, BlobName(content.ConfigDescriptor.Digest), new MemoryStream(content.Config));
                Add(tar, BlobName(content.ManifestDescriptor.Digest), new MemoryStream(content.Manifest));
                AddLayer(tar, layer, source, meter, cancellationToken);
                if (content.Overlay is { } overlay)
                    Add(tar, BlobName(overlay.Descriptor.Digest), new WatchedStream(overlay.Open(), _ => cancellationToken.ThrowIfCancellationRequested()));
            });
        }
        catch (IOException) when (File.Exists(path))
        {
            throw ImageFailure.DestinationExists(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ImageFailure.FromWriting(path, exception);
        }
    }

    // The layer was hashed before, since its name comes before its bytes: the copy must still be the same.
    private static void AddLayer(TarWriter tar, ArchiveLayer layer, IByteSource source, TransferMeter meter, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var data = new WatchedStream(new ByteSourceStream(source, 0, source.Length), bytes =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(bytes);
            meter.Add(bytes.Length);
        });
        Add(tar, BlobName(layer.Descriptor.Digest), data);
        if (Digest.FromSha256(hash.GetHashAndReset()).ToString() != layer.Descriptor.Digest)
            throw ImageFailure.ArchiveChangedWhileReading(layer.Path);
    }

    private static void Add(TarWriter tar, string name, Stream data) => tar.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, name)
    {
        // The same archive makes the same file, whenever.
        ModificationTime = DateTimeOffset.UnixEpoch,
        AccessTime = DateTimeOffset.UnixEpoch,
        ChangeTime = DateTimeOffset.UnixEpoch,
        Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        DataStream = data,
    });

    private static string BlobName(string digest) => "blobs/" + digest.Replace(':', '/');
}
