using KubeCheckpoint.Budgets;

namespace KubeCheckpoint.Core.Tests.Budgets;

/// <summary>What a budget allows, and what it says when it is used up.</summary>
public sealed class ArchiveBudgetTests
{
    private const string Path = "/cp/test.tar";

    [Fact]
    public void Memory_grows_with_the_file()
    {
        Assert.Equal(ArchiveBudget.MemoryBase, new ArchiveBudget(Path, 0).Memory);
        Assert.Equal(ArchiveBudget.MemoryBase + ArchiveBudget.MemoryFactor * 1_000_000L, new ArchiveBudget(Path, 1_000_000).Memory);
        Assert.Equal(long.MaxValue, new ArchiveBudget(Path, long.MaxValue).Memory);
    }

    [Fact]
    public void Memory_of_an_overview_does_not() => Assert.Equal(ArchiveBudget.OverviewMemory, ArchiveBudget.OfOverview(Path, 1L << 40).Memory);

    [Fact]
    public void Output_grows_with_what_the_archive_holds()
    {
        var budget = new ArchiveBudget(Path, 1000);

        budget.Hold(5000);
        budget.Hold(10);

        Assert.Equal(ArchiveBudget.OutputBase + ArchiveBudget.OutputFactor * 5000L, budget.Output);
    }

    [Fact]
    public void What_is_too_much_is_refused_by_name_and_is_not_used()
    {
        var budget = new ArchiveBudget(Path, 0);
        budget.DrawMemory(1000, "something");

        var failure = Assert.Throws<KubeCheckpointException>(() => budget.DrawMemory(ArchiveBudget.MemoryBase, "the list of members", "checkpoint/core-1.img", 512));

        Assert.Equal("ArchiveBudgetExceeded", failure.ErrorId);
        Assert.Equal(
            "'/cp/test.tar' asks for too much in member 'checkpoint/core-1.img' at offset 512: the list of members takes 134217728 bytes of memory; "
            + "1000 of the 134217728 for an archive of its size are used.",
            failure.Message);
        Assert.Contains("decompress it", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(ArchiveBudget.MemoryBase - 1000, budget.MemoryLeft);
    }

    [Fact]
    public void Memory_that_is_returned_can_be_drawn_again()
    {
        var budget = new ArchiveBudget(Path, 0);

        for (var i = 0; i < 10; i++)
        {
            budget.DrawMemory(ArchiveBudget.MemoryBase, "a member");
            budget.ReturnMemory(ArchiveBudget.MemoryBase);
        }

        Assert.Equal(ArchiveBudget.MemoryBase, budget.MemoryLeft);
    }

    [Fact]
    public void Work_and_output_end_too()
    {
        var budget = new ArchiveBudget(Path, 0);

        Assert.Contains("steps of work", Assert.Throws<KubeCheckpointException>(() => budget.DrawWork(budget.Work + 1, "maps")).Message, StringComparison.Ordinal);
        Assert.Contains("bytes of output", Assert.Throws<KubeCheckpointException>(() => budget.DrawOutput(budget.Output + 1, "copies")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_threads_draw_from_one_budget()
    {
        var budget = new ArchiveBudget(Path, 0);

        Parallel.For(0, 10_000, _ => budget.DrawMemory(3, "a part"));

        Assert.Equal(ArchiveBudget.MemoryBase - 30_000, budget.MemoryLeft);
    }
}
