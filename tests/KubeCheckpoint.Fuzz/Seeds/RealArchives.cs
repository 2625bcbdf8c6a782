using System.Text;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;
using KubeCheckpoint.Fuzz.Drafts;

namespace KubeCheckpoint.Fuzz.Seeds;

/// <summary>
/// The archives of real engines in tests/fixtures, made small: of each range of memory one page, and of CRIU's log the lines that are read.
/// </summary>
internal static class RealArchives
{
    private const int PageSize = 4096;
    private const int LogHead = 4096;

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "archives");

    /// <summary>The archives that are compressed, as they are.</summary>
    public static IReadOnlyList<(string Name, byte[] Content)> Compressed() =>
        [.. Files().Where(path => !path.EndsWith(".tar", StringComparison.Ordinal)).Select(path => (Path.GetFileName(path), File.ReadAllBytes(path)))];

    /// <summary>All archives, plain and small.</summary>
    public static IReadOnlyList<TarDraft> Small() => [.. Files().Select(path => new TarDraft(Path.GetFileName(path), Shrink(path)))];

    private static IEnumerable<string> Files() => Directory.GetFiles(Folder).Order(StringComparer.Ordinal);

    private static byte[] Shrink(string path)
    {
        using var archive = ArchiveFile.Open(path);
        var members = new List<(ArchiveMember Member, byte[] Data)>();
        archive.Scan((member, data) => members.Add((member, archive.ReadAll(member, data, int.MaxValue))), CancellationToken.None);
        ShrinkMemory(members);
        using var tar = new MemoryStream();
        foreach (var (member, data) in members)
            Write(tar, member, Path.GetFileName(member.Name) == "dump.log" ? ShrinkLog(data) : data);
        tar.Write(new byte[2 * TarPart.Block]);
        return tar.ToArray();
    }

    private static void ShrinkMemory(List<(ArchiveMember Member, byte[] Data)> members)
    {
        for (var i = 0; i < members.Count; i++)
        {
            var (member, data) = members[i];
            if (!Path.GetFileName(member.Name).StartsWith("pagemap-", StringComparison.Ordinal))
                continue;
            var reader = new CriuImageReader(new MemoryStream(data), new CriuImageName(member.Name));
            reader.TryReadMessage(PagemapHead.Parser, out var head);
            var at = members.FindIndex(other => Path.GetFileName(other.Member.Name) == $"pages-{((PagemapHead)head!).PagesId}.img");
            var entries = reader.ReadMessages<PagemapEntry>().ToList();
            if (at < 0)
                continue;
            var pages = Pages(entries, members[at].Data);
            members[at] = (members[at].Member, pages);
            members[i] = (member, MadeImages.Write(CriuImageType.Pagemap, [head!, .. entries]));
        }
    }

    // The last page of each range, which of a stack holds the arguments and the environment.
    private static byte[] Pages(List<PagemapEntry> entries, byte[] all)
    {
        const uint Present = 4;
        if (entries.Where(entry => (entry.Flags & Present) != 0).Sum(entry => (long)Count(entry) * PageSize) != all.Length)
            return all;
        using var pages = new MemoryStream();
        var at = 0;
        foreach (var entry in entries)
        {
            var count = Count(entry);
            if ((entry.Flags & Present) != 0)
            {
                at += count * PageSize;
                pages.Write(all, at - PageSize, PageSize);
            }
            entry.Vaddr += (ulong)(count - 1) * PageSize;
            if (entry.HasNrPages)
                entry.NrPages = 1;
            if (entry.HasCompatNrPages)
                entry.CompatNrPages = 1;
        }
        return pages.ToArray();
    }

    private static int Count(PagemapEntry entry) => (int)Math.Max(entry.NrPages, entry.CompatNrPages);

    private static byte[] ShrinkLog(byte[] log)
    {
        var text = Encoding.Latin1.GetString(log);
        var lines = text[Math.Min(LogHead, text.Length)..].Split('\n');
        var mounts = lines.Where(line => line.Contains("mnt_id", StringComparison.Ordinal) || line.Contains("fdinfo", StringComparison.Ordinal)).Take(40);
        return Encoding.Latin1.GetBytes(string.Join('\n', [text[..Math.Min(LogHead, text.Length)], .. mounts, .. lines.TakeLast(10)]));
    }

    private static void Write(MemoryStream tar, ArchiveMember member, byte[] data)
    {
        var isFolder = member.Kind == ArchiveMemberKind.Directory;
        tar.Write(TarPart.Of(isFolder ? member.Name.TrimEnd('/') + "/" : member.Name, isFolder ? '5' : '0', isFolder ? [] : data).ToBytes());
    }
}
