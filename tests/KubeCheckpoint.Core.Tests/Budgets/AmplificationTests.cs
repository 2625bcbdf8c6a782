using System.Text;
using Google.Protobuf;
using KubeCheckpoint.Archives.Checks;
using KubeCheckpoint.Archives.Comparison;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Expansion;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Budgets;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Documents;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Memory;
using KubeCheckpoint.Criu.Messages;
using KubeCheckpoint.Images.Conversion;

namespace KubeCheckpoint.Core.Tests.Budgets;

/// <summary>
/// A few bytes that would become much: memory, time or output. So that tests stay small, most of the budget is drawn before.
/// </summary>
public sealed class AmplificationTests : IDisposable
{
    private const long Left = 2 * 1024 * 1024;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Many_members_with_long_names_are_refused()
    {
        var tar = new TarBuilder().Checkpoint();
        for (var i = 0; i < 400; i++)
            tar.Pax($"path={i}{new string('n', 4000)}").Add("x", "");
        using var file = Almost(new ArchiveFile(new MemorySource(tar.End())));

        AssertRefused("the list of members", () => file.ReadIndex(CancellationToken.None));
    }

    [Fact]
    public void Many_members_with_usual_names_are_not()
    {
        var tar = new TarBuilder().Checkpoint();
        for (var i = 0; i < 5000; i++)
            tar.Add($"checkpoint/core-{i}.img", "");
        using var file = Almost(new ArchiveFile(new MemorySource(tar.End())));

        Assert.Equal(5002, file.ReadIndex(CancellationToken.None).Count);
    }

    [Fact]
    public void A_second_pass_does_not_draw_again()
    {
        var tar = GzipBytes.Member(new TarBuilder().Checkpoint().Add("checkpoint/pages-1.img", new byte[4096]).End());
        using var file = new ArchiveFile(new MemorySource(tar));

        file.Scan((_, _) => { }, CancellationToken.None);
        file.ScanAgain((_, _) => { }, CancellationToken.None);
        file.Scan((_, _) => { }, CancellationToken.None);

        Assert.Equal(file.Budget.Memory, file.Budget.MemoryLeft);
    }

    [Theory]
    [InlineData("MM", 13)]
    [InlineData("MM", 14)]
    [InlineData("PAGEMAP", 6)]
    public void Numbers_and_messages_of_a_few_bits_are_refused_before_they_take_memory(string type, int field)
    {
        // Packed numbers, empty messages, and packed numbers in a message.
        var entry = field switch
        {
            14 => Enumerable.Repeat<byte[]>([14 << 3 | 2, 0], 500_000).SelectMany(bytes => bytes).ToArray(),
            13 => Field(13, new byte[1_000_000]),
            _ => Field(6, Field(1, new byte[1_000_000])),
        };
        byte[] image = [.. CriuImageBytes.Of(CriuImageType.ByName[type]), .. BitConverter.GetBytes(entry.Length), .. entry];
        var budget = new ArchiveBudget("/cp/test.tar", 0);
        budget.DrawMemory(budget.Memory - Left, "the rest");
        var message = new CriuImageReader(new MemoryStream(image), new CriuImageName("/cp/test.tar", "x.img"), budget);
        var document = CriuDocument.Open(new MemoryStream(image), new CriuImageName("/cp/test.tar", "x.img"), budget, CancellationToken.None);
        var parser = type == "MM" ? MmEntry.Parser : (MessageParser)PagemapEntry.Parser;

        AssertBounded(() => AssertRefused("entries of an image", () => message.TryReadMessage(parser, out _)), entry.Length);
        if (type == "MM")
            AssertBounded(() => AssertRefused("entries of an image", () => document.Entries.Count()), entry.Length);
    }

    [Fact]
    public void A_message_is_not_parsed_to_its_end_after_it_was_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var entry = Field(13, new byte[1_000_000]);
        byte[] image = [.. CriuImageBytes.Of(CriuImageType.Mm), .. BitConverter.GetBytes(entry.Length), .. entry];
        var reader = new CriuImageReader(new EndingStream(image, cancellation.Cancel), new CriuImageName("x"), null, cancellation.Token);

        Assert.Throws<OperationCanceledException>(() => reader.TryReadMessage(MmEntry.Parser, out _));
    }

    [Fact]
    public void Entries_that_are_kept_are_counted()
    {
        var files = Enumerable.Range(1, 500)
            .Select(id => new FileEntry { Type = FdTypes.Reg, Id = (uint)id, Reg = new RegFileEntry { Id = (uint)id, Flags = 0, Pos = 0, Fown = new FownEntry { Uid = 0, Euid = 0, Signum = 0, PidType = 0, Pid = 0 }, Name = new string('n', 4000) } })
            .ToArray<IMessage>();
        using var content = new SyntheticCheckpoint().Task(1, 0).Add("files.img", CriuImageType.Files, files).Open();
        Almost(content.Archive);

        AssertRefused("entries of an image", () => new CheckpointImages(content).Files);
    }

    [Fact]
    public void The_images_of_processes_that_were_read_are_forgotten()
    {
        var checkpoint = new SyntheticCheckpoint();
        for (var id = 1u; id <= 6000; id++)
            checkpoint.Task(id, 0, new CoreEntry { Mtype = CoreEntry.Types.March.X8664, Tc = new TaskCoreEntry { Comm = $"p{id}" } });
        using var content = checkpoint.Open();
        var images = new CheckpointImages(content);

        var left = images.Tasks.Select(task => (images.Core(task.Pid), content.Archive.Budget.MemoryLeft).MemoryLeft).ToList();

        Assert.InRange(left[4095], 0, left[0] - 100_000);
        Assert.InRange(left[^1], left[4095] - 1000, left[4095] + 1000);
        Assert.Equal("p1", images.Core(1)!.Tc.Comm);
    }

    [Fact]
    public void A_hole_is_not_converted_to_a_layer_of_zeros()
    {
        var budget = new ArchiveBudget("/cp/test.tar", 0);
        budget.DrawOutput(budget.Output - Left, "the rest");
        using var overlay = new OverlayWriter("/cp/test.tar", budget);

        AssertRefused("the layer with what is converted", () =>
        {
            overlay.Copy("container.log", new MemoryStream(new byte[2 * Left]), CancellationToken.None);
            return null;
        });
    }

    [Fact]
    public void A_payload_in_a_hole_is_refused_before_it_is_allocated()
    {
        byte[] head = [.. CriuImageBytes.Of(CriuImageType.ByName["PIPES_DATA"], new PipeDataEntry { PipeId = 1, Bytes = 200 * 1024 * 1024 })];
        var tar = new TarBuilder().Checkpoint().Sparse("checkpoint/pipes-data.img", "gnu", 201 * 1024 * 1024, [(0, head.Length), (201 * 1024 * 1024, 0)], head);
        using var images = CriuImageFiles.Open(_folder.Write("hole.tar", tar.End()), CancellationToken.None);

        AssertBounded(() => AssertRefused("the payload of an entry", () => images.Read("checkpoint/pipes-data.img").Entries.Count()), 1_000_000);
    }

    [Fact]
    public void Json_of_millions_of_nothings_is_refused_before_it_is_parsed()
    {
        var spec = Encoding.UTF8.GetBytes("{\"x\":[" + string.Join(',', Enumerable.Repeat("[]", 1_000_000)) + "]}");
        var path = _folder.Write("tiny.tar", new TarBuilder().Add("config.dump", TarBuilder.Config).Add("spec.dump", spec).End());

        AssertBounded(() => AssertRefused("its JSON", () => CheckpointArchiveReader.ReadAsync(path, CancellationToken.None).GetAwaiter().GetResult()), spec.Length);
    }

    [Fact]
    public void More_processes_than_images_are_refused()
    {
        var checkpoint = new SyntheticCheckpoint();
        for (var id = 1u; id <= 70_000; id++)
            checkpoint.Task(id, id - 1);
        using var content = checkpoint.Open();

        var failure = Assert.Throws<KubeCheckpointException>(() => CheckpointProcessReader.Read(content, new ProcessQuery(), CancellationToken.None).Count());

        Assert.Equal("CriuImageDamaged", failure.ErrorId);
        Assert.Contains("it has 70000 processes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Zeros_as_arguments_of_many_processes_end()
    {
        var checkpoint = new SyntheticCheckpoint();
        for (var id = 1u; id <= 40; id++)
        {
            checkpoint.Task(id, 0).Add($"mm-{id}.img", CriuImageType.Mm, new MmEntry { MmArgStart = 0x10000, MmArgEnd = 0x610000, ExeFileId = 1, Vmas = { Zeros.Map(0x10000, 0x620000) } })
                .Add($"pagemap-{id}.img", CriuImageType.Pagemap, Zeros.Pagemap(id, 0x10000, 0x610000));
        }
        checkpoint.Raw("checkpoint/pages-1.img", [1]);
        using var content = checkpoint.Open();

        AssertRefused("the arguments", () => CheckpointProcessReader.Read(content, new ProcessQuery(), CancellationToken.None).Count());
    }

    [Fact]
    public void Pages_that_many_maps_show_are_walked_over_a_limited_number_of_times()
    {
        var (space, budget) = ManyMapsOfOneSegment();
        budget.DrawWork(budget.Work - 5000, "the rest");

        AssertRefused("the memory of its processes", () => space.Extents().Count());
    }

    [Fact]
    public void They_are_counted_without_being_walked_over()
    {
        var (space, budget) = ManyMapsOfOneSegment();
        var walked = space.Maps.Select(map => space.Extents(map.Start, map.End).Where(extent => extent.Store is not null).Sum(extent => extent.Length)).ToList();
        budget.DrawWork(budget.Work - 256 * (long)space.Maps.Count, "the rest, as far as it was not used");

        Assert.Equal(walked, space.Maps.Select(space.StoredBytes));
    }

    [Fact]
    public void Copies_that_links_would_make_end()
    {
        var tar = new TarBuilder().Checkpoint().Add("big", new byte[100_000]);
        for (var i = 0; i < 30; i++)
            tar.Link($"l{i}", "big");
        using var file = new ArchiveFile(new MemorySource(tar.End()));
        var drawn = file.Budget.Output - 2_000_000;
        file.Budget.DrawOutput(drawn, "the rest");
        var request = new ExpansionRequest { ArchivePath = "memory.tar", Destination = Path.Combine(_folder.Path, "out") };

        AssertRefused("a copy of a linked file", () => ArchiveExpansion.Expand(file, request, null, CancellationToken.None).Count());
    }

    [Fact]
    public void An_image_with_many_links_is_checked_once()
    {
        var image = CriuImageBytes.Of(CriuImageType.Fdinfo, Enumerable.Range(0, 20_000).Select(fd => new FdinfoEntry { Id = 1, Flags = 0, Type = FdTypes.Reg, Fd = (uint)fd }));
        var tar = new TarBuilder().Checkpoint().Add("checkpoint/fdinfo-1.img", image);
        for (var i = 2; i < 300; i++)
            tar.Link($"checkpoint/fdinfo-{i}.img", "checkpoint/fdinfo-1.img");
        var source = new MemorySource(tar.End());
        using var content = CheckpointContent.Open(new ArchiveFile(source), CancellationToken.None);

        ImageCheck.Run(content, new CheckReport("memory.tar"), CancellationToken.None);

        Assert.InRange(source.BytesRead, image.Length, 2 * source.Length);
    }

    [Fact]
    public void Runs_of_pages_are_refused_before_they_take_memory()
    {
        var image = CriuImageBytes.Of(
            CriuImageType.Pagemap,
            [new PagemapHead { PagesId = 1 }, .. Enumerable.Range(0, 50_000).Select(i => new PagemapEntry { Vaddr = (ulong)i * 8192, NrPages = 1, Flags = 1 })]);
        var budget = new ArchiveBudget("/cp/test.tar", 0);
        budget.DrawMemory(budget.Memory - Left, "the rest");
        var reader = new CriuImageReader(new MemoryStream(image), new CriuImageName("/cp/test.tar", "checkpoint/pagemap-1.img"), budget);

        AssertRefused("entries of an image", () => Pagemap.Read(reader, 4096));
        Assert.InRange(reader.Offset, 0, image.Length / 2);
    }

    [Fact]
    public void An_image_that_many_links_lead_to_is_read_a_limited_number_of_times()
    {
        var image = CriuImageBytes.Of(CriuImageType.Core, [new CoreEntry { Mtype = CoreEntry.Types.March.X8664, Tc = new TaskCoreEntry { Comm = new string('c', 100_000) } }]);
        var tasks = CriuImageBytes.Of(CriuImageType.Pstree, Enumerable.Range(1, 300).Select(id => new PstreeEntry { Pid = (uint)id, Ppid = 0, Pgid = 1, Sid = 1 }));
        var tar = new TarBuilder().Checkpoint().Add("checkpoint/pstree.img", tasks).Add("checkpoint/core-1.img", image);
        for (var id = 2; id <= 300; id++)
            tar.Link($"checkpoint/core-{id}.img", "checkpoint/core-1.img");
        using var content = CheckpointContent.Open(new ArchiveFile(new MemorySource(tar.End())), CancellationToken.None);
        var budget = content.Archive.Budget;
        budget.DrawWork(budget.Work - 100_000, "the rest");

        AssertRefused("files that links lead to", () => CheckpointProcessReader.Read(content, new ProcessQuery(), CancellationToken.None).Count());
    }

    [Fact]
    public void Descriptors_that_many_processes_share_are_listed_a_limited_number_of_times()
    {
        var checkpoint = new SyntheticCheckpoint();
        for (var id = 1u; id <= 100; id++)
            checkpoint.Task(id, 0).Add($"ids-{id}.img", CriuImageType.Ids, new TaskKobjIdsEntry { VmId = id, FilesId = 7, FsId = 1, SighandId = 1 });
        checkpoint.Add("fdinfo-7.img", CriuImageType.Fdinfo, [.. Enumerable.Range(0, 200).Select(fd => new FdinfoEntry { Id = 1, Flags = 0, Type = FdTypes.Reg, Fd = (uint)fd })]);
        using var content = checkpoint.Open();
        var images = new CheckpointImages(content);
        Assert.Equal(2000, Enumerable.Range(1, 10).Sum(id => images.Descriptors((uint)id).Count));
        content.Archive.Budget.DrawWork(content.Archive.Budget.Work - 100_000, "the rest");

        AssertRefused("descriptors that processes share", () => images.Tasks.Sum(task => images.Descriptors(task.Pid).Count));
    }

    [Fact]
    public void A_finding_for_every_member_ends_at_ten_thousand()
    {
        var tar = new TarBuilder().Checkpoint();
        for (var i = 0; i < 12_000; i++)
            tar.Add($"checkpoint/core-{i}.img", "");

        var findings = ArchiveChecker.Check(_folder.Write("many.tar", tar.End()), CancellationToken.None);

        Assert.Equal(10_001, findings.Count);
        Assert.Equal("Summary", findings[^1].Check);
        Assert.Contains("more findings are left out", findings[^1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_compared_is_counted()
    {
        using var checkpoint = new ComparedCheckpoint(_folder.Write("a.tar", new TarBuilder().Checkpoint().End()), CancellationToken.None);
        Almost(checkpoint.Content.Archive);

        AssertRefused("what is compared", () => checkpoint.Keep(Enumerable.Range(0, 10_000), _ => 0).Count());
    }

    private static ArchiveFile Almost(ArchiveFile file)
    {
        file.Budget.DrawMemory(file.Budget.MemoryLeft - Left, "the rest");
        return file;
    }

    private static (AddressSpace Space, ArchiveBudget Budget) ManyMapsOfOneSegment()
    {
        var image = CriuImageBytes.Of(
            CriuImageType.Pagemap,
            [new PagemapHead { PagesId = 1 }, .. Enumerable.Range(0, 200).Select(i => new PagemapEntry { Vaddr = (ulong)i * 8192, NrPages = 1, Flags = i % 5 == 0 ? 2u : 4u })]);
        var pagemap = Pagemap.Read(new CriuImageReader(new MemoryStream(image), new CriuImageName("x")), 4096);
        var store = new PageStore(pagemap, new NoPages());
        var maps = Enumerable.Range(0, 100).Select(i => new Vma(new VmaEntry
        {
            Start = 0x100000000UL + (ulong)i * 0x1000000,
            End = 0x100000000UL + (ulong)i * 0x1000000 + 4096 * (ulong)(i + 300),
            Pgoff = (ulong)i * 4096,
            Status = (uint)VmaStatus.AnonymousShared,
        })).ToList();
        var budget = new ArchiveBudget("/cp/test.tar", 0);
        return (new AddressSpace(maps, null, _ => store, budget), budget);
    }

    private static byte[] Field(int number, byte[] content)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            output.WriteTag(number, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(UnsafeByteOperations.UnsafeWrap(content));
        }
        return stream.ToArray();
    }

    private static void AssertRefused(string what, Func<object?> read)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => { read(); });
        Assert.Equal("ArchiveBudgetExceeded", failure.ErrorId);
        Assert.Contains(what, failure.Message, StringComparison.Ordinal);
    }

    // The buffers that the bytes themselves are read into, and a little.
    private static void AssertBounded(Action read, long input)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        read();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 * input + 4 * Left);
    }

    /// <summary>Tells when its last byte is read.</summary>
    private sealed class EndingStream(byte[] bytes, Action end) : MemoryStream(bytes, writable: false)
    {
        public override int Read(Span<byte> buffer)
        {
            var count = base.Read(buffer);
            if (Position == Length)
                end();
            return count;
        }
    }

    private sealed class NoPages : IPagesFile
    {
        public CriuImageName Name { get; } = new("x", "pages-1.img");

        public long Length => long.MaxValue;

        public int Read(Span<byte> buffer, long offset) => throw new InvalidOperationException("Nothing is read.");
    }
}
