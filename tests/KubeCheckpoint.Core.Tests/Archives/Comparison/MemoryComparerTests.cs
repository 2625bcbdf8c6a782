using KubeCheckpoint.Archives.Comparison;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Comparison;

/// <summary>Two checkpoints of one container. The program's source says exactly which pages it changed between them.</summary>
public sealed class MemoryComparerTests
{
    private const int MappingPages = 3000;

    [Fact]
    public void Finds_exactly_the_pages_the_program_changed()
    {
        using var before = CheckpointContent.Open(Fixture.PathOf("delta-before-podman.tar.zst"), CancellationToken.None);
        using var after = CheckpointContent.Open(Fixture.PathOf("delta-after-podman.tar.zst"), CancellationToken.None);
        var (reference, difference) = (new CheckpointImages(before).Memory(1)!, new CheckpointImages(after).Memory(1)!);
        var pair = new MapMatcher(_ => "", _ => "").Match(reference.Maps, difference.Maps).Single(pair => pair.Reference is [{ Map: var map }] && map.End - map.Start == MappingPages * 4096);

        var change = new MemoryComparer(reference, difference, 4096, CancellationToken.None).Compare(pair)!;

        // The kernel has merged it with a map that was created below it since; the 74 pages of that map are new.
        Assert.Equal((74, 1001, 0, 1999), (change.PagesAdded, change.PagesChanged, change.PagesRemoved, change.PagesSame));
        var start = pair.Reference[0].Start;
        var expected = Enumerable.Range(0, 1000).Select(i => 3 * i).Append(10).Order().Select(page => start + 4096UL * (ulong)page);
        Assert.Equal(expected, change.Ranges.Where(range => range.Change == CheckpointChange.Changed).SelectMany(Pages));
    }

    private static IEnumerable<ulong> Pages(MemoryRangeChange range)
    {
        for (var address = range.Start; address < range.Start + (ulong)range.Length; address += 4096)
            yield return address;
    }

    [Theory]
    [MemberData(nameof(Fixture.Archives), MemberType = typeof(Fixture))]
    public void An_archive_has_the_same_memory_as_itself(string name)
    {
        using var content = CheckpointContent.Open(Fixture.PathOf(name), CancellationToken.None);
        var images = new CheckpointImages(content);
        foreach (var memory in images.Tasks.Select(task => images.Memory(task.Pid)).OfType<KubeCheckpoint.Criu.Memory.AddressSpace>())
        {
            var comparer = new MemoryComparer(memory, memory, images.PageSize, CancellationToken.None);
            foreach (var map in memory.Maps)
            {
                var change = comparer.Compare(new MapPair([new(map)], map, 0));
                Assert.True(change is null or { PagesAdded: 0, PagesChanged: 0, PagesRemoved: 0, PagesSame: > 0, Ranges.Count: 0 });
            }
        }
    }
}
