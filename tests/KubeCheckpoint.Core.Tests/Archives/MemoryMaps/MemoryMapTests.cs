using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.MemoryMaps;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Archives.MemoryMaps;

/// <summary>Compares memory maps with /proc and crit, and tests some that are in neither.</summary>
public sealed partial class MemoryMapTests
{
    private const int PageSize = 4096;

    public static TheoryData<string> Known => Truth.Archives;

    public static TheoryData<string> Archives => Fixture.Archives;

    [Theory]
    [MemberData(nameof(Known))]
    public void Are_those_of_proc(string archive)
    {
        var maps = Read(archive).ToLookup(map => map.ProcessId);

        foreach (var (id, process) in Truth.Processes(archive))
        {
            Assert.Equal(ProcLines(process), maps[id].Select(ProcLine));
            Assert.All(maps[id], map => Assert.Equal(process["comm"]!.GetValue<string>(), map.ProcessName));
        }
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public void Are_those_of_crit_mems(string archive)
    {
        var maps = Read(archive).ToLookup(map => map.ProcessId);

        foreach (var (id, lines) in ByProcess(Truth.Explored(archive, "mems")))
        {
            var expected = lines.Select(line => CritMap().Match(line)).Where(match => match.Success).ToList();
            // Guard pages follow the maps that they belong to.
            var guards = expected.Where(match => match.Groups["perm"].Value == "---" && match.Groups["rest"].Value.Trim() == "*").ToList();
            Assert.Equal(
                expected.Except(guards).Select(match => (match.Groups["start"].Value, match.Groups["end"].Value, match.Groups["perm"].Value, match.Groups["rest"].Value.Contains("(s)", StringComparison.Ordinal))),
                maps[id].Select(map => ($"{map.Start:x8}", $"{map.End:x8}", map.Permissions[..3], map.Permissions[3] == 's')));
            Assert.Equal(guards.Sum(match => Number(match, "end") - Number(match, "start")), maps[id].Sum(map => map.GuardSize));
            Assert.All(expected.Except(guards).Zip(maps[id]), pair => AssertPathAgrees(pair.First.Groups["rest"].Value, pair.Second));
        }
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public void Hold_the_pages_that_crit_rss_counts(string archive)
    {
        var maps = Read(archive).ToLookup(map => map.ProcessId);
        var processes = CheckpointProcessReader.Read(Fixture.PathOf(archive), new ProcessQuery(), CancellationToken.None).ToDictionary(process => process.Id);

        foreach (var (id, lines) in ByProcess(Truth.Explored(archive, "rss")))
        {
            var expected = lines.Select(line => CritPages().Match(line)).Where(match => match.Success).Sum(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)) * PageSize;
            Assert.Equal(expected, maps[id].Sum(map => map.StoredSize - map.SharedStoredSize));
            Assert.Equal(expected, processes[id].MemorySize);
        }
        Assert.All(processes.Values, process => Assert.Equal(process.SharedMemorySize, maps[process.Id].Sum(map => map.SharedStoredSize)));
    }

    [Fact]
    public void Kinds_of_the_zoo()
    {
        var maps = Read("zoo-crio.tar").Where(map => map.ProcessId == 1).ToList();

        Assert.Equal(
            [MemoryMapKind.SharedFile, MemoryMapKind.Memfd, MemoryMapKind.File, MemoryMapKind.Anonymous, MemoryMapKind.Anonymous, MemoryMapKind.Anonymous,
                MemoryMapKind.Anonymous, MemoryMapKind.SharedAnonymous, MemoryMapKind.Vvar, MemoryMapKind.Vdso, MemoryMapKind.Stack, MemoryMapKind.Vsyscall],
            maps.Skip(8).Select(map => map.Kind));
        Assert.Equal(MemoryMapKind.Heap, maps.Single(map => map.Path == "[heap]").Kind);
        // Only the map that known_from_source calls RWX has code that is from no file.
        Assert.Equal("rwxp", Assert.Single(maps, map => map.IsAnonymousExecutable).Permissions);
        Assert.Equal(["MADV_DONTDUMP"], maps.Single(map => map.Kind == MemoryMapKind.Vvar).Advice);
        Assert.True(maps.Single(map => map.Kind == MemoryMapKind.Stack).GrowsDown);
        // Three threads, each with a guard page below its stack.
        Assert.Equal(3 * PageSize, maps.Single(map => map.Start == 0x7eff35c0b000).GuardSize);
    }

    [Fact]
    public void Code_of_a_deleted_file_is_code_of_no_file()
    {
        var maps = Read("zoo-crio.tar").Where(map => map.ProcessName == "ghost-copy").ToList();

        Assert.Equal(["r-xp"], maps.Where(map => map.IsAnonymousExecutable).Select(map => map.Permissions));
        Assert.All(maps.Where(map => map.Kind == MemoryMapKind.File), map => Assert.Equal(("/var/tmp/ghost-copy", true), (map.Path, map.IsDeleted)));
    }

    [Fact]
    public void Segments_are_named_by_their_keys()
    {
        var mm = new MmEntry
        {
            Vmas =
            {
                new VmaEntry { Start = 0x1000, End = 0x3000, Shmid = 7, Prot = 3, Flags = 1, Status = 1 << 10 },
                new VmaEntry { Start = 0x4000, End = 0x5000, Shmid = 8, Prot = 1, Flags = 1, Status = 1 << 10 },
                new VmaEntry { Start = 0x6000, End = 0x7000, Prot = 3, Flags = 0x22, Status = 1 << 13 },
                new VmaEntry { Start = 0x8000, End = 0x9000, Prot = 7, Flags = 0x22, Status = 1 << 9, Madv = 1 << 10 | 1 << 14 | 1L << 40 },
            },
        };
        // The bytes of the first segment follow, 6 padded to 8; those of the second are in a pagemap.
        byte[] segments =
        [
            .. CriuImageBytes.Of(CriuImageType.ByName["IPCNS_SHM"], new IpcShmEntry { Desc = new IpcDescEntry { Id = 7, Key = 0xabcd }, Size = 6 }),
            .. new byte[8],
            .. CriuImageBytes.Of(CriuImageType.ByName["IPCNS_SHM"], new IpcShmEntry { Desc = new IpcDescEntry { Id = 8, Key = 0x12 }, Size = 6, InPagemaps = true })[8..],
        ];
        using var content = new SyntheticCheckpoint()
            .Task(1, 0, new CoreEntry { Ids = new TaskKobjIdsEntry { IpcNsId = 3 } })
            .Add("mm-1.img", CriuImageType.Mm, mm)
            .Raw("checkpoint/ipcns-shm-3.img", segments)
            .Add("pagemap-shmem-8.img", CriuImageType.Pagemap, new PagemapHead { PagesId = 2 }, new PagemapEntry { Vaddr = 0, NrPages = 1, Flags = 4 })
            .Raw("checkpoint/pages-2.img", new byte[PageSize])
            .Open();

        var maps = Read(content);

        Assert.Equal(["/SYSV0000abcd", "/SYSV00000012", "/[aio]", "[anon]"], maps.Select(map => map.Path));
        Assert.Equal([0, PageSize, 0, 0], maps.Select(map => map.SharedStoredSize));
        Assert.Equal(["MADV_DONTFORK", "MADV_HUGEPAGE", "MADV_40"], maps[3].Advice);
        Assert.True(maps[3].IsAnonymousExecutable);
    }

    [Fact]
    public void Pages_in_another_checkpoint_are_counted_as_missing()
    {
        var mm = new MmEntry { Vmas = { new VmaEntry { Start = 0x10000, End = 0x20000, Prot = 3, Flags = 0x22, Status = 1 << 9 } } };
        using var content = new SyntheticCheckpoint().Task(1, 0).Add("mm-1.img", CriuImageType.Mm, mm)
            .Add(
                "pagemap-1.img",
                CriuImageType.Pagemap,
                new PagemapHead { PagesId = 1 },
                new PagemapEntry { Vaddr = 0x10000, NrPages = 1, Flags = 4 },
                new PagemapEntry { Vaddr = 0x12000, NrPages = 2, Flags = 1 },
                new PagemapEntry { Vaddr = 0x15000, NrPages = 1, Flags = 2 })
            .Raw("checkpoint/pages-1.img", new byte[PageSize]).Open();

        var map = Assert.Single(Read(content));

        Assert.Equal((PageSize, 3 * PageSize), (map.StoredSize, map.MissingSize));
    }

    [Fact]
    public void Overlapping_guards_are_counted_once()
    {
        var mm = new MmEntry
        {
            Vmas =
            {
                new VmaEntry { Start = 0x10000, End = 0x20000, Prot = 3, Flags = 0x22, Status = 1 << 9 },
                new VmaEntry { Start = 0x30000, End = 0x40000, Prot = 3, Flags = 0x22, Status = 1 << 9 },
                new VmaEntry { Start = 0x13000, End = 0x15000, Status = 1 << 16 },
                new VmaEntry { Start = 0x12000, End = 0x14000, Status = 1 << 16 },
                new VmaEntry { Start = 0x1f000, End = 0x31000, Status = 1 << 16 },
                new VmaEntry { Start = 5, End = 1, Status = 1 << 16 },
            },
        };
        using var content = new SyntheticCheckpoint().Task(1, 0).Add("mm-1.img", CriuImageType.Mm, mm).Open();

        Assert.Equal([0x4000, 0x1000], Read(content).Select(map => map.GuardSize));
    }

    [Theory]
    [InlineData(0x2000, 0x1000)]
    [InlineData(0, ulong.MaxValue)]
    public void Impossible_maps_are_refused(ulong start, ulong end)
    {
        var mm = new MmEntry { Vmas = { new VmaEntry { Start = start, End = end, Status = 1 << 9 } } };
        using var content = new SyntheticCheckpoint().Task(1, 0).Add("mm-1.img", CriuImageType.Mm, mm).Open();

        var failure = Assert.Throws<KubeCheckpointException>(() => Read(content));

        Assert.Equal("CriuImageDamaged", failure.ErrorId);
        Assert.Contains("mm-1.img", failure.Message, StringComparison.Ordinal);
    }

    private static List<CheckpointMemoryMap> Read(string archive) => [.. MemoryMapReader.Read(Fixture.PathOf(archive), (_, _) => true, CancellationToken.None)];

    private static List<CheckpointMemoryMap> Read(CheckpointContent content) => [.. MemoryMapReader.Read(content, (_, _) => true, CancellationToken.None)];

    // The kernel also adds "(deleted)" to files that never had a name; IsDeleted is not set for these.
    private static string ProcLine(CheckpointMemoryMap map)
    {
        var path = map.Kind switch
        {
            MemoryMapKind.Anonymous => "",
            MemoryMapKind.Memfd or MemoryMapKind.SharedAnonymous => map.Path + " (deleted)",
            _ => map.Path + (map.IsDeleted ? " (deleted)" : ""),
        };
        return $"{map.Start:x8}-{map.End:x8} {map.Permissions} {map.FileOffset:x8} {path}";
    }

    private static List<string> ProcLines(JsonNode process)
    {
        var lines = new List<string>();
        foreach (var match in process["maps"].Strings().Select(line => ProcMap().Match(line)))
        {
            Assert.True(match.Success);
            // CRIU merges the kernel's two maps.
            if (match.Groups["path"].Value == "[vvar_vclock]")
                lines[^1] = ProcMap().Replace(lines[^1], found => $"{found.Groups["start"].Value}-{match.Groups["end"].Value} {found.Groups["perm"].Value} {found.Groups["offset"].Value} [vvar]");
            else
                lines.Add($"{match.Groups["start"].Value}-{match.Groups["end"].Value} {match.Groups["perm"].Value} {match.Groups["offset"].Value} {match.Groups["path"].Value}");
        }
        return lines;
    }

    private static void AssertPathAgrees(string rest, CheckpointMemoryMap map)
    {
        var path = CritOffset().Replace(rest.Trim(), "").Replace(" (s)", "", StringComparison.Ordinal).TrimEnd('*').Trim();
        switch (path)
        {
            // crit names neither anonymous memory nor the heap, and shows memfds as unknown paths.
            case "" or "unknown path" or "(s)":
                Assert.True(map.Path!.StartsWith('[') || map.Kind is MemoryMapKind.Memfd or MemoryMapKind.SharedAnonymous, map.ToString());
                break;
            case "[stack?]":
                Assert.Equal("[stack]", map.Path);
                break;
            default:
                Assert.Equal(path, map.Path);
                break;
        }
    }

    private static IEnumerable<(int Id, List<string> Lines)> ByProcess(IReadOnlyList<string> lines)
    {
        for (var i = 0; i < lines.Count;)
        {
            var id = int.Parse(lines[i++], CultureInfo.InvariantCulture);
            var own = lines.Skip(i).TakeWhile(line => !int.TryParse(line, out _)).ToList();
            i += own.Count;
            yield return (id, own);
        }
    }

    private static long Number(Match match, string group) => long.Parse(match.Groups[group].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<start>[0-9a-f]+)-(?<end>[0-9a-f]+) (?<perm>\S{4}) (?<offset>[0-9a-f]+) (?:\S+ \d+ +)?(?<path>.*)$")]
    private static partial Regex ProcMap();

    [GeneratedRegex(@"^\t(?<start>[0-9a-f]+)-(?<end>[0-9a-f]+) +(?<perm>[r-][w-][x-])(?<rest>.*)$")]
    private static partial Regex CritMap();

    [GeneratedRegex(@" \+ 0x[0-9a-f]+")]
    private static partial Regex CritOffset();

    [GeneratedRegex(@"^\t[0-9a-f]+ / (\d+)")]
    private static partial Regex CritPages();
}
