using System.Globalization;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Memory;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Checks;

/// <summary>Checks pagemaps against the pages files and the memory maps they refer to.</summary>
internal static class PageCheck
{
    public static void Run(CheckpointImages images, CheckReport report, CancellationToken cancellationToken)
    {
        if (RestorableImages.WentToPageServer(images))
        {
            report.Error(
                "MissingImage", report.Image("pagemap-*.img"),
                "There are no pages and no pagemaps of any process, as after a dump to a page server, which writes them where it runs.");
            return;
        }
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var task in images.Tasks)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var member = report.Image($"pagemap-{task.Pid}.img");
            report.Try(member, () =>
            {
                if (images.Memory(task.Pid) is not { PrivatePages: { } pages } memory)
                    return;
                CheckStore(member, pages, used, report);
                CheckAlignment(member, memory, pages.Pagemap, report);
                CheckSegments(images, memory, used, report);
            });
        }
        foreach (var member in images.Content.Members.Where(member => SegmentOf(member.Name, report) is not null))
            report.Try(member.Name, () => CheckSegment(images, SegmentOf(member.Name, report)!.Value, used, report));
        foreach (var pages in images.Content.Members.Where(member => IsPages(member, report) && !used.Contains(member.Name)))
            report.Warning("StaleImage", pages.Name, "No pagemap of a process in the tree, or of its shared memory, refers to these pages.");
    }

    private static void CheckStore(string member, PageStore pages, HashSet<string> used, CheckReport report)
    {
        var pagemap = pages.Pagemap;
        var file = pages.File.Name.Member!;
        if (!used.Add(file) && pagemap.PayloadSize > 0)
            report.Error("PageCount", file, "More than one pagemap refers to these pages.");
        if (pagemap.PayloadSize != pages.File.Length)
            report.Error("PageCount", file, $"It has {pages.File.Length} bytes, but '{member}' counts {pagemap.PayloadSize}.");
        if (RestorableImages.Count(pages, PageFlags.Parent) is > 0 and var inParent)
        {
            report.Warning(
                "ParentPages", member, $"{inParent} pages are in the parent checkpoint, which is not in this archive: it cannot be restored by itself.");
        }
        if (RestorableImages.Count(pages, PageFlags.Lazy) is > 0 and var lazy)
            report.Warning("LazyPages", member, $"{lazy} pages were left on the node, to be fetched on demand.");
    }

    private static void CheckAlignment(string member, AddressSpace memory, Pagemap pagemap, CheckReport report)
    {
        foreach (var run in pagemap.Runs)
        {
            var covered = memory.Extents(run.Address, run.End).Sum(extent => extent.Length);
            if (run.Address % (ulong)pagemap.PageSize != 0 || covered != run.Length)
            {
                report.Error("PageOutsideMap", member, $"Pages at 0x{run.Address:x} are outside of every map, or not page-aligned.");
                return;
            }
        }
    }

    private static void CheckSegments(CheckpointImages images, AddressSpace memory, HashSet<string> used, CheckReport report)
    {
        foreach (var segment in memory.Maps.Select(images.SegmentOf).OfType<ulong>().Distinct())
            CheckSegment(images, segment, used, report);
    }

    private static void CheckSegment(CheckpointImages images, ulong segment, HashSet<string> used, CheckReport report)
    {
        var member = report.Image($"pagemap-shmem-{segment}.img");
        if (images.SharedMemory(segment) is not { } pages)
            CheckAbsent(images, segment, member, report);
        else if (!used.Contains(pages.File.Name.Member!))
            CheckStore(member, pages, used, report);
    }

    // CRIU dumps no pages of a memfd of size 0.
    private static void CheckAbsent(CheckpointImages images, ulong segment, string member, CheckReport report)
    {
        var isEmpty = images.ReadAll<MemfdInodeEntry>("memfd.img", CriuImageType.MemfdInode)
            ?.Any(inode => inode.Shmid == segment && inode is { HasSize: true, Size: 0 });
        if (isEmpty != true)
            report.Error("MissingImage", member, $"There is no member '{member}' for mapped shared memory.");
    }

    // A memfd or System V segment need not be mapped to have pages.
    private static ulong? SegmentOf(string member, CheckReport report)
    {
        var prefix = report.Image("pagemap-shmem-");
        if (!member.StartsWith(prefix, StringComparison.Ordinal))
            return null;
        var number = member.AsSpan(prefix.Length, Math.Max(0, member.Length - prefix.Length - ".img".Length));
        return ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var segment) ? segment : null;
    }

    private static bool IsPages(ArchiveMember member, CheckReport report) => member.Name.StartsWith(report.Image("pages-"), StringComparison.Ordinal);
}
