using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Tar;

namespace KubeCheckpoint.Core.Tests.Archives.Tar.Readings;

/// <summary>How the module reads a tar.</summary>
internal static class OurReading
{
    /// <summary>The members of the files of a container, where links are not followed and names may be repeated.</summary>
    /// <param name="tar">The tar.</param>
    /// <param name="length">How many of its bytes are the tar; what follows its end is none of it.</param>
    /// <exception cref="KubeCheckpointException">It is refused.</exception>
    public static IReadOnlyList<TarEntry> ReadMembers(byte[] tar, out int length)
    {
        var stream = new MemoryStream(tar);
        var scanner = new TarScanner(stream, "memory.tar", CancellationToken.None, TarContent.RootFs);
        var entries = new List<TarEntry>();
        while (scanner.Next() is { } member)
        {
            var attributes = scanner.ReadAttributes();
            var type = attributes.TypeFlag != '\0' ? attributes.TypeFlag : member.Kind == ArchiveMemberKind.Directory ? '5' : '0';
            var isLink = member.Kind is ArchiveMemberKind.SymbolicLink or ArchiveMemberKind.HardLink;
            entries.Add(new TarEntry(member.Name, type, member.Size, member.HeaderOffset, member.DataOffset, isLink ? attributes.LinkTarget ?? "" : "", Ranges(member)));
        }
        length = (int)stream.Position;
        return entries;
    }

    private static string Ranges(ArchiveMember member)
    {
        var ranges = new List<(long, long)>();
        for (long offset = 0, length; member.Sparse is not null && offset < member.Size; offset += length)
        {
            (var stored, length) = member.Sparse.Find(offset);
            length = Math.Min(length, member.Size - offset);
            if (stored is not null)
                ranges.Add((offset, length));
        }
        return TarEntry.Ranges(ranges);
    }
}
