using KubeCheckpoint.Archives;
using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Conversion;
using KubeCheckpoint.Images.Layers;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Layout;

/// <summary>Writes an image into a layout folder. Blobs come before the index that names them; each file appears whole.</summary>
internal static class OciLayout
{
    // Two images of one pipeline may go into one layout at the same time.
    private static readonly Lock IndexLock = new();

    public static RestoreImageContent Write(
        string folder,
        string name,
        CheckpointArchive archive,
        CompressedLayer? compressed,
        Func<ArchiveLayer, RestoreImageContent> build,
        TransferMeter meter,
        CancellationToken cancellationToken)
    {
        try
        {
            var blobs = Prepare(folder);
            var layer = WholeFile.Write(
                blobs,
                file => compressed is null ? ArchiveLayer.Read(archive, file, meter, cancellationToken) : Copy(compressed, file, cancellationToken),
                Hex,
                overwrite: true);
            var content = build(layer);
            WriteBlob(blobs, content.ConfigDescriptor.Digest, content.Config);
            if (content.Overlay is { } overlay)
                WriteOverlay(blobs, overlay, cancellationToken);
            WriteBlob(blobs, content.ManifestDescriptor.Digest, content.Manifest);
            lock (IndexLock)
            {
                var index = OciLayoutIndex.Add(OciLayoutIndex.Load(folder), name, content);
                WholeFile.Write(Path.Combine(folder, OciLayoutIndex.FileName), overwrite: true, file => file.Write(index));
            }
            return content;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ImageFailure.FromWriting(folder, exception);
        }
    }

    private static ArchiveLayer Copy(CompressedLayer compressed, FileStream file, CancellationToken cancellationToken)
    {
        new ByteSourceStream(compressed.Source, 0, compressed.Source.Length).ReadToEnd(bytes =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            file.Write(bytes);
        });
        return compressed.Layer;
    }

    private static string Hex(ArchiveLayer layer) => HexOf(layer.Descriptor.Digest);

    private static string HexOf(string digest) => digest[(digest.IndexOf(':', StringComparison.Ordinal) + 1)..];

    private static string Prepare(string folder)
    {
        if (File.Exists(folder))
            throw ImageFailure.LayoutInvalid(folder, "it is a file");
        var blobs = Path.Combine(folder, "blobs", "sha256");
        var marker = Path.Combine(folder, OciLayoutIndex.MarkerName);
        if (File.Exists(marker) || File.Exists(Path.Combine(folder, OciLayoutIndex.FileName)) || Directory.Exists(Path.Combine(folder, "blobs")))
        {
            OciLayoutIndex.ThrowIfNotLayout(folder);
            OciLayoutIndex.Load(folder);
        }
        CreateFolder(folder);
        if (!File.Exists(marker))
            WholeFile.Write(marker, overwrite: true, file => file.Write(OciLayoutIndex.Marker));
        CreateFolder(blobs);
        return blobs;
    }

    private static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static void WriteOverlay(string blobs, OverlayLayer overlay, CancellationToken cancellationToken) => WholeFile.Write(
        Path.Combine(blobs, HexOf(overlay.Descriptor.Digest)), overwrite: true, file => OverlayWriter.Copy(overlay.Open(), file, cancellationToken));

    private static void WriteBlob(string blobs, string digest, byte[] content) =>
        WholeFile.Write(Path.Combine(blobs, HexOf(digest)), overwrite: true, file => file.Write(content));
}
