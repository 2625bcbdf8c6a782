using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Archives.Contents;

/// <summary>A <c>pages-*.img</c> inside an archive.</summary>
internal sealed class MemberPages(CheckpointContent content, ArchiveMember member) : IPagesFile
{
    public CriuImageName Name { get; } = new(content.Path, member.Name);

    public long Length => member.Size;

    public int Read(Span<byte> buffer, long offset) => content.ReadAt(member, buffer, offset);
}
