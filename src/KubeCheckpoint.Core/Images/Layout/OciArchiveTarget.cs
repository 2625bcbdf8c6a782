using System.Formats.Tar;
using System.Security.Cryptography;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Layers;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Stores;

namespace KubeCheckpoint.Images.Layout;

/// <summary>
/// An image as an oci-archive: a layout in a tar, as skopeo, podman load and ctr image import read it. The layer is only hashed at first:
/// in the tar its name, the digest, comes before its bytes.
/// </summary>
internal sealed class OciArchiveTarget : IImageTarget
{
    private readonly string _path;
    private readonly string _name;
    private ArchiveLayer? _layer;
    private IByteSource? _source;

    /// <param name="path">The file, which must not exist.</param>
    /// <param name="name">The image's name in the index.</param>
    /// <exception cref="KubeCheckpointException">DestinationExists.</exception>
    public OciArchiveTarget(string path, string name)
    {
        if (Path.Exists(path))
            throw ArchiveFailure.DestinationExists(path, Directory.Exists(path));
        _path = path;
        _name = name;
    }

    public async Task<ArchiveLayer> WriteLayerAsync(
        CheckpointArchive archive, CompressedLayer? compressed, TransferActivity activity, CancellationToken cancellationToken)
    {
        _layer = compressed?.Layer
            ?? await Task.Run(() => ArchiveLayer.Read(archive, null, activity.Begin("Hashing"), cancellationToken), cancellationToken).ConfigureAwait(false);
        _source = compressed?.Source;
        return _layer;
    }

    public Task WriteAsync(RestoreImageContent content, TransferActivity activity, CancellationToken cancellationToken) =>
        Task.Run(() => Write(content, activity.Begin("Copying the layer"), cancellationToken), cancellationToken);

    public void Dispose()
    {
    }

    private void Write(RestoreImageContent content, TransferMeter meter, CancellationToken cancellationToken)
    {
        try
        {
            FreeSpace.Require(_path, _layer!.Descriptor.Size + (content.Overlay?.Source.Length ?? 0));
            PrivateFolder.Make(Path.GetDirectoryName(_path)!);
            WholeFile.Write(_path, overwrite: false, file =>
            {
                using var tar = new TarWriter(file, TarEntryFormat.Gnu, leaveOpen: true);
                Add(tar, OciLayoutIndex.MarkerName, new MemoryStream(OciLayoutIndex.Marker));
                Add(tar, OciLayoutIndex.FileName, new MemoryStream(OciLayoutIndex.Add(OciLayoutIndex.Empty(), _name, content)));
                Add(tar, content.Config);
                Add(tar, content.Manifest);
                AddLayer(tar, _layer!, meter, cancellationToken);
                if (content.Overlay is { } overlay)
                    Add(tar, overlay.Digest.BlobPath, new WatchedStream(overlay.Open(), _ => cancellationToken.ThrowIfCancellationRequested()));
            });
        }
        catch (IOException) when (File.Exists(_path))
        {
            throw ArchiveFailure.DestinationExists(_path, isFolder: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw WholeFile.FailureOf(_path, exception);
        }
    }

    // What is copied must be what was hashed.
    private void AddLayer(TarWriter tar, ArchiveLayer layer, TransferMeter meter, CancellationToken cancellationToken)
    {
        using var file = _source is null ? FileByteSource.Open(layer.Path) : null;
        var source = _source ?? file!;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var data = new WatchedStream(new ByteSourceStream(source, 0, source.Length), bytes =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(bytes);
            meter.Add(bytes.Length);
        });
        Add(tar, layer.Descriptor.Digest.BlobPath, data);
        if (Digest.Of(hash) != layer.Descriptor.Digest)
            throw LayerFailure.ArchiveChangedWhileReading(layer.Path);
    }

    private static void Add(TarWriter tar, OciBlob blob) => Add(tar, blob.Descriptor.Digest.BlobPath, new MemoryStream(blob.Content));

    private static void Add(TarWriter tar, string name, Stream data) => tar.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, name)
    {
        // The same archive always gives the same file. The other times are left out: Python reads them as a part of the name.
        ModificationTime = DateTimeOffset.UnixEpoch,
        AccessTime = default,
        ChangeTime = default,
        Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        DataStream = data,
    });
}
