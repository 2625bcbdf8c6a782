using KubeCheckpoint.Budgets;
using KubeCheckpoint.Criu.Images;

namespace KubeCheckpoint.Criu.Documents;

/// <summary>An image as names and values.</summary>
public sealed class CriuDocument : IDisposable
{
    private readonly Stream _stream;

    private CriuDocument(Stream stream, CriuImageReader reader, CancellationToken cancellationToken)
    {
        _stream = stream;
        Path = reader.Image.Path;
        Member = reader.Image.Member;
        Type = reader.Type.Name;
        Family = CriuImageFamily.NameOf(reader.FamilyMagic);
        Entries = Keep(new CriuDocumentReader(reader, cancellationToken).Read(), reader);
    }

    // Users have all entries at hand. About half of what decoding allocates is kept.
    private static IEnumerable<CriuObject> Keep(IEnumerable<CriuObject> entries, CriuImageReader reader)
    {
        foreach (var entry in entries)
        {
            reader.Draw(reader.Meter.Allocated / 2);
            yield return entry;
        }
    }

    /// <summary>The file: an archive, or the image itself.</summary>
    public string Path { get; }

    /// <summary>The member of the archive, or null where the file is the image.</summary>
    public string? Member { get; }

    /// <summary>The type by its name in crit: <c>CORE</c>, <c>PAGEMAP</c>.</summary>
    public string Type { get; }

    /// <summary>The magic before the type's own: <c>COMMON</c>, <c>SERVICE</c> or <c>NONE</c>.</summary>
    public string Family { get; }

    /// <summary>The entries, read as they are enumerated: once, and before the document is disposed.</summary>
    /// <exception cref="KubeCheckpointException">CriuImageDamaged or CriuPayloadTooLarge, while enumerating.</exception>
    public IEnumerable<CriuObject> Entries { get; }

    /// <summary>Reads the magics of an image; closes the stream if they are not valid.</summary>
    internal static CriuDocument Open(Stream stream, CriuImageName image, ArchiveBudget budget, CancellationToken cancellationToken)
    {
        try
        {
            return new CriuDocument(stream, new CriuImageReader(stream, image, budget, cancellationToken), cancellationToken);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();
}
