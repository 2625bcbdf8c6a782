using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Documents;
using KubeCheckpoint.Criu.Images;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>Writes changed CRIU images into an overlay. Unchanged images stay as they are, byte for byte.</summary>
internal sealed class ImageEdit(CheckpointContent content, OverlayWriter overlay, CancellationToken cancellationToken)
{
    private const int BufferSize = 64 * 1024;

    /// <summary>What happens to an entry.</summary>
    public enum Fate
    {
        /// <summary>It is unchanged.</summary>
        Kept,

        /// <summary>It was changed.</summary>
        Changed,

        /// <summary>It is removed.</summary>
        Dropped,
    }

    /// <summary>Writes an image with its changes; without changes it is left alone.</summary>
    /// <param name="member">The image.</param>
    /// <param name="type">The type that it must have.</param>
    /// <param name="edit">Changes an entry, and returns what happened. It is called twice for each.</param>
    /// <exception cref="KubeCheckpointException">NotACriuImage, CriuImageDamaged or CriuPayloadTooLarge.</exception>
    public void Apply(ArchiveMember member, CriuImageType type, Func<CriuObject, Fate> edit)
    {
        if (!ReadEntries(member, type).Any(entry => edit(entry) != Fate.Kept))
            return;
        var entries = ReadEntries(member, type).Where(entry => edit(entry) != Fate.Dropped);
        overlay.Add(member.Name, image => Write(image, type, FamilyOf(member, type), entries));
    }

    /// <summary>Writes an image that is not in the archive.</summary>
    public void Create(string name, CriuImageType type, params IEnumerable<CriuObject> entries) =>
        overlay.Add(ImageFolders.Default + name, image => Write(image, type, null, entries));

    /// <summary>The entries of an image.</summary>
    public IEnumerable<CriuObject> ReadEntries(ArchiveMember member, CriuImageType type)
    {
        using var stream = content.OpenMember(member);
        foreach (var entry in new CriuDocumentReader(CriuImageReader.Open(stream, NameOf(member), type), cancellationToken).Read())
            yield return entry;
    }

    private string FamilyOf(ArchiveMember member, CriuImageType type)
    {
        using var stream = content.OpenMember(member);
        return CriuImageFamily.NameOf(CriuImageReader.Open(stream, NameOf(member), type).FamilyMagic);
    }

    private CriuImageName NameOf(ArchiveMember member) => new(content.Path, member.Name);

    private void Write(Stream image, CriuImageType type, string? family, IEnumerable<CriuObject> entries)
    {
        // Disposing it would close the overlay.
        var buffered = new BufferedStream(image, BufferSize);
        new CriuDocumentWriter(buffered, type, cancellationToken).Write(family, entries);
        buffered.Flush();
    }
}
