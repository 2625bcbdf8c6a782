using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>Reads members of archives.</summary>
internal static class ArchiveFileExtensions
{
    public static byte[] ReadMember(this ArchiveFile archive, ArchiveMember member)
    {
        using var data = archive.OpenMember(member, CancellationToken.None);
        return archive.ReadAll(member, data, int.MaxValue);
    }
}
