using System.Diagnostics.CodeAnalysis;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Layers;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Stores;

namespace KubeCheckpoint.Images.Layout;

/// <summary>A layout folder that an image is added to. Blobs are written before the index that names them; no file appears before it is complete.</summary>
/// <param name="folder">The folder; it is created where it does not exist.</param>
/// <param name="name">The image's name in the index.</param>
internal sealed class LayoutTarget(string folder, string name) : IImageTarget
{
    // Two images of one pipeline may be added to one layout at the same time.
    private static readonly Lock IndexLock = new();

    private WritableFolder? _blobs;

    public Task<ArchiveLayer> WriteLayerAsync(
        CheckpointArchive archive, CompressedLayer? compressed, TransferActivity activity, CancellationToken cancellationToken) =>
        RunAsync(
            () =>
            {
                Prepare();
                FreeSpace.Require(_blobs.Path, compressed?.Source.Length ?? archive.Size);
                var meter = activity.Begin("Copying the layer");
                return WholeFile.Write(
                    _blobs.Access,
                    file =>
                    {
                        if (compressed is null)
                            return ArchiveLayer.Read(archive, file, meter, cancellationToken);
                        Copy(compressed.Source, file, cancellationToken);
                        return compressed.Layer;
                    },
                    layer => layer.Descriptor.Digest.Hex,
                    overwrite: true);
            },
            cancellationToken);

    public Task WriteAsync(RestoreImageContent content, TransferActivity activity, CancellationToken cancellationToken) => RunAsync(
        () =>
        {
            WriteBlob(content.Config);
            if (content.Overlay is { } overlay)
                Write(overlay.Digest, file => Copy(overlay.Source, file, cancellationToken));
            WriteBlob(content.Manifest);
            lock (IndexLock)
            {
                var index = OciLayoutIndex.Add(OciLayoutIndex.Load(folder), name, content);
                WholeFile.Write(Path.Combine(folder, OciLayoutIndex.FileName), overwrite: true, file => file.Write(index));
            }
            return true;
        },
        cancellationToken);

    public void Dispose() => _blobs?.Dispose();

    private Task<T> RunAsync<T>(Func<T> write, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            try
            {
                return write();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw _blobs?.FailureOf(folder, exception) ?? WholeFile.FailureOf(folder, exception);
            }
        },
        cancellationToken);

    private static void Copy(IByteSource source, FileStream file, CancellationToken cancellationToken) =>
        new ByteSourceStream(source, 0, source.Length).ReadToEnd(bytes =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            file.Write(bytes);
        });

    [MemberNotNull(nameof(_blobs))]
    private void Prepare()
    {
        if (File.Exists(folder))
            throw LayoutFailure.LayoutInvalid(folder, "it is a file");
        var marker = Path.Combine(folder, OciLayoutIndex.MarkerName);
        if (File.Exists(marker) || File.Exists(Path.Combine(folder, OciLayoutIndex.FileName)) || Directory.Exists(Path.Combine(folder, "blobs")))
        {
            OciLayoutIndex.ThrowIfNotLayout(folder);
            OciLayoutIndex.Load(folder);
        }
        using var layout = WritableFolder.Make(folder);
        if (!File.Exists(marker))
            WholeFile.Write(marker, overwrite: true, file => file.Write(OciLayoutIndex.Marker));
        using var blobs = layout.MakeWithin("blobs");
        _blobs = blobs.MakeWithin("sha256");
    }

    private void WriteBlob(OciBlob blob) => Write(blob.Descriptor.Digest, file => file.Write(blob.Content));

    private void Write(Digest digest, Action<FileStream> write) => WholeFile.Write(Path.Combine(_blobs!.Access, digest.Hex), overwrite: true, write);
}
