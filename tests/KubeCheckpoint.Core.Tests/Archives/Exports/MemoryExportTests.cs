using System.Text;
using System.Text.Json;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Exports;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Archives.Exports;

/// <summary>Exports memory as it is, and as a hexdump.</summary>
public sealed class MemoryExportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Archives => Fixture.Archives;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Archives))]
    public void All_pages_of_all_maps_are_written_as_they_are(string name)
    {
        using var content = CheckpointContent.Open(Fixture.PathOf(name), CancellationToken.None);
        using var export = MemoryExport.Open(Fixture.PathOf(name), CancellationToken.None);
        var images = new CheckpointImages(content);
        foreach (var process in export.Processes.Where(process => process.HasMemory))
        {
            var memory = images.Memory((uint)process.Id)!;
            var files = export.FindMaps(process.Id, _ => true).ToDictionary(range => range.Start, range => Write(export, process.Id, range));
            foreach (var extent in memory.Extents().Where(extent => extent.Store is not null))
            {
                var bytes = new byte[extent.Length];
                memory.Read(extent.Address, bytes);
                Assert.Equal(bytes, files[extent.Map.Start].AsSpan((int)(extent.Address - extent.Map.Start), bytes.Length).ToArray());
            }
        }
    }

    [Fact]
    public void Pages_that_are_only_in_the_file_count_as_missing_and_untouched_pages_do_not()
    {
        using var export = MemoryExport.Open(Fixture.PathOf("zoo-crio.tar"), CancellationToken.None);

        // In /etc/zoo-private.dat, the first of two pages is as in the file. The sparse map has 16 pages, of which the first and last were written.
        var file = export.WriteRange(1, new MemoryRange(0x7eff37412000, 0x7eff37414000), Path.Combine(_folder.Path, "file"), overwrite: false, null);
        var sparse = export.WriteRange(1, new MemoryRange(0x3da62000, 0x3da84000), Path.Combine(_folder.Path, "heap"), overwrite: false, null);

        Assert.Equal((4096, 8192, 0x7eff37412000ul, "zoo-main"), (file.MissingBytes, file.Length, file.Address, file.ProcessName));
        Assert.Equal((0, 0x22000), (sparse.MissingBytes, sparse.Length));
        Assert.Equal(8192, new FileInfo(file.Path).Length);
    }

    [Fact]
    public void An_arbitrary_range_has_holes_for_the_gaps_between_maps()
    {
        using var export = MemoryExport.Open(MadeUp(), CancellationToken.None);
        var range = new MemoryRange(0x10ffe, 0x30002);

        var written = export.WriteRange(1, range, Path.Combine(_folder.Path, "range"), overwrite: false, null);

        // 0x10000 to 0x12000 and 0x30000 to 0x31000 are mapped; the second page is in a parent checkpoint.
        Assert.Equal(0x1e000 + 0x1000, written.MissingBytes);
        Assert.Equal([1, 1, .. new byte[0x1f000], 3, 3], File.ReadAllBytes(written.Path));
        Assert.Equal(
            ["00010ffe: 0101                                     ..", "00030000: 0303                                     .."],
            export.ReadHexDump(1, range));
    }

    [Fact]
    public void An_empty_range_is_not_written()
    {
        using var export = MemoryExport.Open(MadeUp(), CancellationToken.None);
        foreach (var range in new[] { new MemoryRange(0x11000, 0x12000), new MemoryRange(0x13000, 0x14000), new MemoryRange(0, ulong.MaxValue), new MemoryRange(5, 5) })
        {
            Assert.Equal("MemoryNotInArchive", Assert.Throws<KubeCheckpointException>(() => export.WriteRange(1, range, Path.Combine(_folder.Path, "none"), overwrite: false, null)).ErrorId);
            Assert.Equal("MemoryNotInArchive", Assert.Throws<KubeCheckpointException>(() => export.ReadHexDump(1, range)).ErrorId);
        }
        Assert.False(File.Exists(Path.Combine(_folder.Path, "none")));
    }

    [Fact]
    public void A_hexdump_reads_no_more_than_is_asked_for()
    {
        var mm = new MmEntry { MmSavedAuxv = { 6, 4096 } };
        mm.Vmas.Add(new VmaEntry { Start = 0x10_0000_0000, End = 0x110_0000_0000, Prot = 3, Status = 1 | 1 << 9 });
        var archive = new ImageArchive().AddProcess(ImageArchive.X86Core(), mm, [new PagemapEntry { Vaddr = 0x10_0000_0000, NrPages = 1, Flags = 4 }], [.. Enumerable.Repeat((byte)'A', 4096)]);
        using var export = MemoryExport.Open(_folder.Write("made-up.tar", archive.End()), CancellationToken.None);

        // A TiB in which only one page was written.
        var lines = export.ReadHexDump(1, new MemoryRange(0x10_0000_0000, 0x110_0000_0000));
        Assert.Equal("1000000000: 4141 4141 4141 4141 4141 4141 4141 4141  AAAAAAAAAAAAAAAA", lines.First());
        Assert.Equal("1000001000: 0000 0000 0000 0000 0000 0000 0000 0000  ................", lines.Skip(256).First());
    }

    [RequiresToolsTheory(Tools.Xxd)]
    [InlineData("zoo-crio.tar", "")]
    [InlineData("podman-counter-gzip.tar.gz", "")]
    [InlineData("zoo-crio.tar", "odd")]
    public void A_hexdump_is_that_of_xxd(string name, string kind)
    {
        using var export = MemoryExport.Open(Fixture.PathOf(name), CancellationToken.None);
        foreach (var range in export.FindMaps(1, name => name is "[heap]" or "[stack]" or "[vdso]"))
        {
            var odd = kind == "odd" ? new MemoryRange(range.Start + 3, range.End - 6) : range;
            var written = export.WriteRange(1, odd, Path.Combine(_folder.Path, "raw"), overwrite: true, null);
            Assert.Equal(0, written.MissingBytes);

            var (expected, _) = Tools.Run(Tools.Xxd, "-o", $"0x{odd.Start:x}", written.Path);
            Assert.Equal(expected, string.Concat(export.ReadHexDump(1, odd).Select(line => line + "\n")));
        }
    }

    [Theory]
    [InlineData("zoo-crio.tar")]
    [InlineData("delta-after-podman.tar.zst")]
    public void Maps_are_found_by_the_names_of_proc(string name)
    {
        using var truth = JsonDocument.Parse(File.ReadAllBytes(Fixture.PathOf(name + ".truth.json")));
        var maps = truth.RootElement.GetProperty("processes").EnumerateArray().First(process => process.GetProperty("pid").GetInt32() == 1)
            .GetProperty("maps").EnumerateArray().Select(line => line.GetString()!).ToList();
        using var export = MemoryExport.Open(Fixture.PathOf(name), CancellationToken.None);

        foreach (var kind in new[] { "[heap]", "[stack]", "[vdso]" })
            Assert.Equal(maps.Where(line => line.EndsWith(kind, StringComparison.Ordinal)).Select(line => line.Split(' ')[0]), export.FindMaps(1, map => map == kind).Select(range => range.ToString()));
    }

    [Fact]
    public void A_needle_is_where_it_was_written()
    {
        using var export = MemoryExport.Open(Fixture.PathOf("zoo-crio.tar"), CancellationToken.None);
        Assert.Equal("7eff37416000: 4b43 2d53 5041 5253 452d 6e65 6564 6c65  KC-SPARSE-needle", export.ReadHexDump(1, new MemoryRange(0x7eff37416000, 0x7eff37416010)).Single());
        Assert.Equal("KC-SPARSE-needle", Encoding.ASCII.GetString(Write(export, 1, new MemoryRange(0x7eff37416000, 0x7eff37416010))));
    }

    private string MadeUp()
    {
        var mm = new MmEntry { MmSavedAuxv = { 6, 4096 } };
        mm.Vmas.Add(new VmaEntry { Start = 0x10000, End = 0x12000, Prot = 3, Status = 1 | 1 << 9 });
        mm.Vmas.Add(new VmaEntry { Start = 0x30000, End = 0x31000, Prot = 3, Status = 1 | 1 << 9 });
        PagemapEntry[] pagemap = [new() { Vaddr = 0x10000, NrPages = 1, Flags = 4 }, new() { Vaddr = 0x11000, NrPages = 1, Flags = 1 }, new() { Vaddr = 0x30000, NrPages = 1, Flags = 4 }];
        var archive = new ImageArchive().AddProcess(ImageArchive.X86Core(), mm, pagemap, [.. Enumerable.Repeat((byte)1, 4096), .. Enumerable.Repeat((byte)3, 4096)]);
        return _folder.Write("made-up.tar", archive.End());
    }

    private byte[] Write(MemoryExport export, int processId, MemoryRange range) =>
        File.ReadAllBytes(export.WriteRange(processId, range, Path.Combine(_folder.Path, "memory"), overwrite: true, null).Path);
}
