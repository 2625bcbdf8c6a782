using System.Security.Cryptography;
using System.Text;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Archives.Tar;
using KubeCheckpoint.Budgets;
using KubeCheckpoint.Images.Layers;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>Writes the tar of an overlay, member by member. The same members always give the same bytes.</summary>
internal sealed class OverlayWriter(string archivePath, ArchiveBudget? budget = null) : IDisposable
{
    private const int FileMode = 0x180; // 0600
    private const int FolderMode = 0x1c0; // 0700
    private const int CopyBuffer = 256 * 1024;

    private readonly OverlayBuffer _tar = new(archivePath, TemporaryFile.Create, budget);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Writes a member.</summary>
    /// <param name="name">Its name, which must be new.</param>
    /// <param name="content">Its content.</param>
    public void Add(string name, ReadOnlySpan<byte> content)
    {
        Begin(name);
        _tar.Write(TarBlocks.Header(name, '0', FileMode, content.Length));
        _tar.Write(content);
        Pad(content.Length);
    }

    /// <summary>Writes a text member.</summary>
    public void Add(string name, string content) => Add(name, Encoding.UTF8.GetBytes(content));

    /// <summary>Writes a member whose size is not known in advance.</summary>
    /// <param name="name">Its name, which must be new.</param>
    /// <param name="write">Writes its content.</param>
    public void Add(string name, Action<Stream> write)
    {
        Begin(name);
        var start = _tar.Length;
        var header = TarBlocks.Header(name, '0', FileMode);
        _tar.Write(header);
        write(_tar);
        var size = _tar.Length - start - header.Length;
        Pad(size);
        TarBlocks.SetSize(header, size);
        _tar.Patch(header, start);
    }

    /// <summary>Writes a member as a copy of a stream.</summary>
    public void Copy(string name, Stream content, CancellationToken cancellationToken) => Add(name, target => Copy(content, target, cancellationToken));

    /// <summary>Copies a stream, looking at the token in between.</summary>
    public static void Copy(Stream content, Stream target, CancellationToken cancellationToken)
    {
        var buffer = new byte[CopyBuffer];
        while (content.Read(buffer) is > 0 and var count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            target.Write(buffer.AsSpan(0, count));
        }
    }

    /// <summary>Completes the tar; null where it has no members.</summary>
    public OverlayLayer? Finish(CancellationToken cancellationToken)
    {
        if (_names.Count == 0)
            return null;
        _tar.Write(TarBlocks.End);
        var source = _tar.ToSource();
        try
        {
            return new OverlayLayer(source, DigestOf(source, cancellationToken));
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    public void Dispose() => _tar.Dispose();

    private static Digest DigestOf(IByteSource source, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[CopyBuffer];
        for (var offset = 0L; source.Read(buffer, offset) is > 0 and var count; offset += count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, count);
        }
        return Digest.FromSha256(hash.GetHashAndReset());
    }

    // The folder has the mode that engines give it; without an entry the mode would depend on who unpacks the layer.
    private void Begin(string name)
    {
        var folder = name[..(name.LastIndexOf('/') + 1)];
        if (folder.Length > 0 && _names.Add(folder))
            _tar.Write(TarBlocks.Header(folder, '5', FolderMode));
        if (!_names.Add(name))
            throw new InvalidOperationException($"The overlay has a member '{name}' already.");
    }

    private void Pad(long size) => _tar.Write(TarBlocks.End[..TarBlocks.PaddingOf(size)]);
}
