using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Statistics;

/// <summary>Reads CRIU's statistics.</summary>
public static class StatisticReader
{
    // Runtimes put them beside the images; CRIU itself writes them to its working directory, which may be that of the images.
    private const string Elsewhere =
        "Look in CRIU's working directory on the node, where CRIU writes it: 'work-dir' in /etc/criu/runc.conf, crun.conf or default.conf sets it.";

    private static readonly string[] Names = ["stats-dump", "stats-restore"];

    /// <summary>Reads <c>stats-dump</c> and, if it exists, <c>stats-restore</c>.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="KubeCheckpointException">
    /// ArchiveNotFound, ArchiveNotReadable, NotAnArchive, ArchiveTruncated, ArchiveDamaged, ArchiveMemberMissing, NotACriuImage,
    /// CriuImageDamaged.
    /// </exception>
    public static IEnumerable<CheckpointStatistic> Read(string path, CancellationToken cancellationToken)
    {
        using var content = CheckpointContent.Open(Path.GetFullPath(path), cancellationToken);
        foreach (var statistic in Read(content))
            yield return statistic;
    }

    internal static IEnumerable<CheckpointStatistic> Read(CheckpointContent content)
    {
        var members = Names.SelectMany(name => new[] { name, content.MemberOf(name) }).Distinct().Select(content.Find).OfType<ArchiveMember>().ToList();
        if (members.Count == 0)
            throw content.Archive.MemberMissing(Names[0], Elsewhere);
        var pageSize = new CheckpointImages(content).PageSize;
        foreach (var member in members)
        {
            var entry = content.OpenImage(member, CriuImageType.Stats).ReadMessage<StatsEntry>();
            if (entry.Dump is { } dump)
                yield return OfDump(content.Path, pageSize, dump);
            if (entry.Restore is { } restore)
                yield return OfRestore(content.Path, pageSize, restore);
        }
    }

    private static CheckpointStatistic OfDump(string path, int pageSize, DumpStatsEntry entry) => new()
    {
        ArchivePath = path,
        Operation = CheckpointOperation.Dump,
        PageSize = pageSize,
        FreezingTime = Time(entry.FreezingTime),
        FrozenTime = Time(entry.FrozenTime),
        MemoryDumpTime = Time(entry.MemdumpTime),
        MemoryWriteTime = Time(entry.MemwriteTime),
        IrmapResolveTime = entry.HasIrmapResolve ? Time(entry.IrmapResolve) : null,
        PagesScanned = (long)entry.PagesScanned,
        PagesSkippedParent = (long)entry.PagesSkippedParent,
        PagesWritten = (long)entry.PagesWritten,
        PagesLazy = (long)entry.PagesLazy,
        PagePipes = entry.HasPagePipes ? (long)entry.PagePipes : null,
        PagePipeBuffers = entry.HasPagePipeBufs ? (long)entry.PagePipeBufs : null,
        SharedPagesScanned = entry.HasShpagesScanned ? (long)entry.ShpagesScanned : null,
        SharedPagesSkippedParent = entry.HasShpagesSkippedParent ? (long)entry.ShpagesSkippedParent : null,
        SharedPagesWritten = entry.HasShpagesWritten ? (long)entry.ShpagesWritten : null,
    };

    private static CheckpointStatistic OfRestore(string path, int pageSize, RestoreStatsEntry entry) => new()
    {
        ArchivePath = path,
        Operation = CheckpointOperation.Restore,
        PageSize = pageSize,
        ForkingTime = Time(entry.ForkingTime),
        RestoreTime = Time(entry.RestoreTime),
        PagesCompared = (long)entry.PagesCompared,
        PagesSkippedCopyOnWrite = (long)entry.PagesSkippedCow,
        PagesRestored = entry.HasPagesRestored ? (long)entry.PagesRestored : null,
    };

    // CRIU, criu/stats.c: microseconds.
    private static TimeSpan Time(uint microseconds) => TimeSpan.FromMicroseconds(microseconds);
}
