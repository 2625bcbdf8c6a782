using System.Text.Json.Nodes;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Statistics;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Archives.Statistics;

public sealed class StatisticTests
{
    public static TheoryData<string> Archives => Fixture.Archives;

    [Theory]
    [MemberData(nameof(Archives))]
    public void Are_those_checkpointctl_shows(string archive)
    {
        var expected = Truth.Inspection(archive)["statistics"]!;

        var statistic = Assert.Single(StatisticReader.Read(Fixture.PathOf(archive), CancellationToken.None));

        Assert.Equal((CheckpointOperation.Dump, Fixture.PathOf(archive), 4096), (statistic.Operation, statistic.ArchivePath, statistic.PageSize));
        Assert.Equal(TimeSpan.FromMicroseconds(Number(expected, "freezing_time")), statistic.FreezingTime);
        Assert.Equal(TimeSpan.FromMicroseconds(Number(expected, "frozen_time")), statistic.FrozenTime);
        Assert.Equal(TimeSpan.FromMicroseconds(Number(expected, "memdump_time")), statistic.MemoryDumpTime);
        Assert.Equal(TimeSpan.FromMicroseconds(Number(expected, "memwrite_time")), statistic.MemoryWriteTime);
        Assert.Equal(Number(expected, "pages_scanned"), statistic.PagesScanned);
        Assert.Equal(Number(expected, "pages_written"), statistic.PagesWritten);
        Assert.Equal(statistic.PagesScanned * 4096, statistic.BytesScanned);
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public void Count_the_pages_that_are_in_the_archive(string archive)
    {
        using var content = CheckpointContent.Open(Fixture.PathOf(archive), CancellationToken.None);

        var statistic = Assert.Single(StatisticReader.Read(content));

        var pages = new CheckpointImages(content).Tasks.Sum(task => new CheckpointImages(content).Memory(task.Pid)?.PrivatePages?.Pagemap.Runs.Where(run => run.IsPresent).Sum(run => run.Length) ?? 0);
        Assert.Equal(statistic.PagesWritten * 4096, pages);
        Assert.Equal(pages + (statistic.SharedPagesWritten ?? 0) * 4096, statistic.BytesWritten);
    }

    [Fact]
    public void Of_a_restore_are_listed_with_those_of_the_dump()
    {
        var restore = new RestoreStatsEntry { ForkingTime = 10, RestoreTime = 2_000_000, PagesCompared = 3, PagesSkippedCow = 2, PagesRestored = 5 };
        using var content = new SyntheticCheckpoint().Task(1, 0)
            .Raw("stats-dump", Image(new StatsEntry { Dump = new DumpStatsEntry { FrozenTime = 7, PagesWritten = ulong.MaxValue } }))
            .Raw("stats-restore", Image(new StatsEntry { Restore = restore })).Open();

        var statistics = StatisticReader.Read(content).ToList();

        Assert.Equal([CheckpointOperation.Dump, CheckpointOperation.Restore], statistics.Select(statistic => statistic.Operation));
        Assert.Null(statistics[0].SharedPagesWritten);
        Assert.Null(statistics[0].BytesWritten);
        Assert.Equal((TimeSpan.FromSeconds(2), 5L, 5 * 4096L), (statistics[1].RestoreTime!.Value, statistics[1].PagesRestored!.Value, statistics[1].BytesRestored!.Value));
        Assert.Null(statistics[1].FrozenTime);
    }

    [Fact]
    public void That_are_missing_are_named()
    {
        using var content = new SyntheticCheckpoint().Task(1, 0).Open();

        var failure = Assert.Throws<KubeCheckpointException>(() => StatisticReader.Read(content).ToList());

        Assert.Equal("ArchiveMemberMissing", failure.ErrorId);
        Assert.Contains("'stats-dump'", failure.Message, StringComparison.Ordinal);
    }

    private static byte[] Image(StatsEntry entry) => CriuImageBytes.Of(CriuImageType.Stats, entry);

    private static long Number(JsonNode node, string name) => node[name]?.GetValue<long>() ?? 0;
}
