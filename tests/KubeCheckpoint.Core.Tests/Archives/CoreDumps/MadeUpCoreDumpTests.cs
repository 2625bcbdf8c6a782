using KubeCheckpoint.Archives.Exports;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Archives.CoreDumps;

/// <summary>Core files of archives that no test machine can make, or that should not exist.</summary>
public sealed class MadeUpCoreDumpTests : IDisposable
{
    private const uint AnonymousPrivate = 1 | 1 << 9;
    private const uint FilePrivate = 1 | 1 << 6;
    private const uint SharedMemory = 1 | 1 << 8;
    private const uint Present = 4;
    private const uint Parent = 1;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_mostly_absent_map_costs_nothing()
    {
        const ulong Start = 0x10_0000_0000;
        const ulong Size = 1UL << 40;
        var mm = Mm(new VmaEntry { Start = Start, End = Start + Size, Prot = 3, Status = AnonymousPrivate });
        var dump = Export(Process(mm, [Pages(Start + 0x1000, 1), Pages(Start + 0x3000, 1), Pages(Start + Size - 0x2000, 1)], Filled(3)), out var core);

        Assert.True(dump.Size < 64 * 1024, $"It has {dump.Size} bytes.");
        // The gap between the first two becomes a hole; what follows them are the zeros at the end of their segment.
        Assert.Equal([(Start, 0ul), (Start + 0x1000, 0x3000ul), (Start + Size - 0x2000, 0x1000ul)], core.Loads.Select(load => (load.Address, load.FileSize)));
        Assert.Equal(Start + Size, core.Loads[^1].Address + core.Loads[^1].MemorySize);
        Assert.Equal([.. Page(1), .. new byte[4096], .. Page(2), .. new byte[4096]], core.Read(Start + 0x1000, 0x4000));
        Assert.Equal([.. Page(3), .. new byte[4096]], core.Read(Start + Size - 0x2000, 0x2000));
    }

    [Fact]
    public void Pages_that_are_in_another_checkpoint_have_no_segment()
    {
        var mm = Mm(new VmaEntry { Start = 0x10000, End = 0x20000, Prot = 3, Status = AnonymousPrivate });
        var dump = Export(Process(mm, [Pages(0x10000, 2), Pages(0x12000, 3, Parent), Pages(0x15000, 1)], Filled(3)), out var core);

        Assert.Equal(3 * 4096, dump.MissingBytes);
        Assert.Equal([(0x10000ul, 0x2000ul), (0x15000ul, 0xb000ul)], core.Loads.Select(load => (load.Address, load.MemorySize)));
        Assert.Null(core.Find(0x12000));
    }

    [Fact]
    public void Shared_memory_without_pages_has_no_segment_and_with_them_is_read_at_its_offset()
    {
        var mm = Mm(
            new VmaEntry { Start = 0x10000, End = 0x12000, Prot = 3, Shmid = 5, Pgoff = 0x1000, Status = SharedMemory },
            new VmaEntry { Start = 0x20000, End = 0x22000, Prot = 3, Shmid = 6, Status = SharedMemory });
        var archive = new ImageArchive()
            .Add("pagemap-shmem-5.img", CriuImageType.Pagemap, new PagemapHead { PagesId = 2 }, Pages(0, 2))
            .Add("pages-2.img", [.. Page(7), .. Page(8)])
            .AddProcess(ImageArchive.X86Core(), mm, [], []);
        var dump = Export(archive, out var core);

        Assert.Equal([.. Page(8), .. new byte[4096]], core.Read(0x10000, 0x2000));
        Assert.Null(core.Find(0x20000));
        Assert.Equal(0x2000, dump.MissingBytes);
    }

    [Fact]
    public void More_segments_than_the_header_can_count_are_counted_in_the_first_section()
    {
        const int Count = 66_000;
        var maps = Enumerable.Range(0, Count).Select(i => new VmaEntry { Start = 0x10000 + (ulong)i * 0x2000, End = 0x11000 + (ulong)i * 0x2000, Prot = 1, Status = AnonymousPrivate });
        Export(Process(Mm([.. maps]), [Pages(0x10000, 1), Pages(0x10000 + (Count - 1) * 0x2000, 1)], Filled(2)), out var core);

        Assert.Equal(Count, core.Loads.Count);
        Assert.Equal(Page(1), core.Read(0x10000, 4096));
        Assert.Equal(Page(2), core.Read(0x10000 + (Count - 1) * 0x2000, 4096));
    }

    [Fact]
    public void A_file_map_is_split_at_every_border_of_its_pages()
    {
        var mm = Mm(new VmaEntry { Start = 0x10000, End = 0x16000, Pgoff = 0x3000, Prot = 3, Shmid = 9, Status = FilePrivate });
        var archive = Process(mm, [Pages(0x11000, 1), Pages(0x13000, 2)], Filled(3))
            .Add("files.img", CriuImageType.Files, new FileEntry { Id = 9, Reg = new RegFileEntry { Id = 9, Name = "/lib/a.so" } });
        Export(archive, out var core);

        Assert.Equal(
            [(0x10000ul, 0ul), (0x11000, 0x1000), (0x12000, 0), (0x13000, 0x2000), (0x15000, 0)],
            core.Loads.Select(load => (load.Address, load.FileSize)));
        Assert.Equal([1, 4096, 0x10000, 0x16000, 3], Enumerable.Range(0, 5).Select(i => core.Single("CORE", 0x46494c45).Long(i * 8)));
    }

    [Fact]
    public void Aarch64_with_pages_of_64_kib()
    {
        const int PageSize = 64 * 1024;
        var core = new CoreEntry
        {
            Mtype = CoreEntry.Types.March.Aarch64,
            Tc = new TaskCoreEntry { TaskState = 3, StopSigno = 19, Comm = "arm" },
            TiAarch64 = new ThreadInfoAarch64
            {
                Tls = 0x7777,
                Gpregs = new UserAarch64RegsEntry { Sp = 0xffff0000, Pc = 0x400100, Pstate = 0x60000000 },
                Fpsimd = new UserAarch64FpsimdContextEntry { Fpsr = 0x10, Fpcr = 0x20 },
            },
        };
        core.TiAarch64.Gpregs.Regs.AddRange(Enumerable.Range(0, 31).Select(i => 0x100ul + (ulong)i));
        core.TiAarch64.Fpsimd.Vregs.AddRange(Enumerable.Range(0, 64).Select(i => 0x200ul + (ulong)i));
        var mm = new MmEntry { Vmas = { new VmaEntry { Start = 0x400000, End = 0x440000, Prot = 5, Status = AnonymousPrivate } }, MmSavedAuxv = { 6, PageSize } };
        var dump = Export(new ImageArchive().AddProcess(core, mm, [Pages(0x410000, 1)], [.. Enumerable.Repeat((byte)9, PageSize)]), out var file);

        Assert.Equal((183, "arm64"), (file.Machine, dump.Architecture));
        Assert.All(file.Loads, load => Assert.Equal((ulong)PageSize, load.Alignment));
        Assert.Equal(9, file.Read(0x41ffff, 1)[0]);
        var status = file.Single("CORE", 1);
        Assert.Equal((392, 19, 19), (status.Content.Length, status.Int(0), status.Int(12)));
        Assert.Equal([.. Enumerable.Range(0, 31).Select(i => 0x100ul + (ulong)i), 0xffff0000, 0x400100, 0x60000000], Enumerable.Range(0, 34).Select(i => status.Long(112 + i * 8)));
        var vectors = file.Single("CORE", 2);
        Assert.Equal((528, 0x10, 0x20), (vectors.Content.Length, vectors.Int(512), vectors.Int(516)));
        Assert.Equal(Enumerable.Range(0, 64).Select(i => 0x200ul + (ulong)i), Enumerable.Range(0, 64).Select(i => vectors.Long(i * 8)));
        Assert.Equal(0x7777ul, file.Single("LINUX", 0x401).Long(0));
        Assert.Equal('T', (char)file.Single("CORE", 3).Content[1]);
    }

    [Fact]
    public void Protection_keys_and_mpx_have_the_offsets_of_intels_processors()
    {
        var core = ImageArchive.X86Core();
        core.ThreadInfo.Fpregs = new UserX86FpregsEntry { Xsave = new UserX86XsaveEntry { XstateBv = ulong.MaxValue } };
        core.ThreadInfo.Fpregs.StSpace.AddRange(new uint[32]);
        core.ThreadInfo.Fpregs.XmmSpace.AddRange(new uint[64]);
        core.ThreadInfo.Fpregs.Xsave.YmmhSpace.AddRange(Enumerable.Repeat(2u, 64));
        core.ThreadInfo.Fpregs.Xsave.BndregState.AddRange(Enumerable.Repeat(3ul, 8));
        core.ThreadInfo.Fpregs.Xsave.BndcsrState.AddRange(Enumerable.Repeat(4ul, 8));
        core.ThreadInfo.Fpregs.Xsave.Pkru.AddRange([0x55555554, 0]);
        Export(new ImageArchive().AddProcess(core, OneMap(), [], []), out var file);

        var state = file.Single("LINUX", 0x202);
        Assert.Equal((2696, 0b10_0001_1111ul, 0b10_0001_1111ul), (state.Content.Length, state.Long(464), state.Long(512)));
        Assert.Equal((2, 2, 3ul, 3ul, 4ul, 4ul, 0x55555554), (state.Int(576), state.Int(828), state.Long(960), state.Long(1016), state.Long(1024), state.Long(1080), state.Int(2688)));
    }

    [Theory]
    [InlineData("st_space")]
    [InlineData("xmm_space")]
    [InlineData("ymmh_space")]
    [InlineData("pkru")]
    public void An_array_of_registers_of_the_wrong_length_is_named(string array)
    {
        var core = ImageArchive.X86Core();
        core.ThreadInfo.Fpregs = new UserX86FpregsEntry { Xsave = new UserX86XsaveEntry() };
        core.ThreadInfo.Fpregs.StSpace.AddRange(new uint[array == "st_space" ? 31 : 32]);
        core.ThreadInfo.Fpregs.XmmSpace.AddRange(new uint[array == "xmm_space" ? 100_000 : 64]);
        core.ThreadInfo.Fpregs.Xsave.YmmhSpace.AddRange(new uint[array == "ymmh_space" ? 63 : 64]);
        core.ThreadInfo.Fpregs.Xsave.Pkru.AddRange(new uint[array == "pkru" ? 1 : 2]);
        var failure = Refused(new ImageArchive().AddProcess(core, OneMap(), [], []));

        Assert.Equal("CriuImageDamaged", failure.ErrorId);
        Assert.Contains("core-1.img", failure.Message, StringComparison.Ordinal);
        Assert.Contains(array, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Registers_of_aarch64_of_the_wrong_number_are_named()
    {
        var core = new CoreEntry { Mtype = CoreEntry.Types.March.Aarch64, TiAarch64 = new ThreadInfoAarch64 { Gpregs = new UserAarch64RegsEntry { Regs = { 1, 2, 3 } } } };
        Assert.Contains("3 items of regs instead of 31", Refused(new ImageArchive().AddProcess(core, OneMap(), [], [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_core_without_registers_is_named()
    {
        var failure = Refused(new ImageArchive().AddProcess(new CoreEntry { Mtype = CoreEntry.Types.March.X8664 }, OneMap(), [], []));

        Assert.Equal("CriuImageDamaged", failure.ErrorId);
        Assert.Contains("core-1.img", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5, "S390")]
    [InlineData(8, "Riscv64")]
    [InlineData(0, "Unknown")]
    [InlineData(77, "77")]
    public void Other_architectures_are_refused(int architecture, string name)
    {
        var failure = Refused(new ImageArchive().AddProcess(new CoreEntry { Mtype = (CoreEntry.Types.March)architecture }, OneMap(), [], []));
        Assert.Equal(("CoreDumpNotSupported", FailureCategory.NotImplemented), (failure.ErrorId, failure.Category));
        Assert.Contains(name, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_32_bit_process_is_refused()
    {
        var core = ImageArchive.X86Core();
        core.ThreadInfo.Gpregs.Mode = UserX86RegsMode.Compat;
        Assert.Equal("CoreDumpNotSupported", Refused(new ImageArchive().AddProcess(core, OneMap(), [], [])).ErrorId);
    }

    [Fact]
    public void A_million_threads_that_are_not_there_end_at_the_first()
    {
        var task = new PstreeEntry { Pid = 1, Threads = { 1 } };
        task.Threads.AddRange(Enumerable.Range(2, 1_000_000).Select(i => (uint)i));
        var failure = Refused(Parts(task));

        Assert.Equal("ArchiveMemberMissing", failure.ErrorId);
        Assert.Contains("checkpoint/core-2.img", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_duplicate_thread_is_refused()
    {
        var failure = Refused(Parts(new PstreeEntry { Pid = 1, Threads = { 1, 2, 2 } }).Add("core-2.img", CriuImageType.Core, ImageArchive.X86Core()));

        Assert.Equal("CriuImageDamaged", failure.ErrorId);
        Assert.Contains("pstree.img", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_without_core_is_refused()
    {
        var archive = new ImageArchive()
            .Add("pstree.img", CriuImageType.Pstree, new PstreeEntry { Pid = 1, Threads = { 1 } })
            .Add("mm-1.img", CriuImageType.Mm, OneMap());
        Assert.Contains("checkpoint/core-1.img", Refused(archive).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void A_name_that_breaks_the_list_of_files_is_refused(string name)
    {
        if (name.Length == 0)
            name = new string('x', 5000);
        var mm = Mm(new VmaEntry { Start = 0x10000, End = 0x16000, Shmid = 9, Status = FilePrivate });
        var failure = Refused(Process(mm, [], []).Add("files.img", CriuImageType.Files, new FileEntry { Id = 9, Reg = new RegFileEntry { Id = 9, Name = name } }));

        Assert.Equal("CriuImageDamaged", failure.ErrorId);
        Assert.Contains("files.img", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pagemap_of_more_bytes_than_any_file_has_is_refused_before_anything_is_written()
    {
        var mm = Mm(new VmaEntry { Start = 0x10000, End = 0x7000_0000_0000_0000, Status = AnonymousPrivate });
        Assert.Equal("CoreDumpNotSupported", Refused(Process(mm, [Pages(0x10000, 1L << 49)], [])).ErrorId);
    }

    [Fact]
    public void Pages_missing_in_the_archive_are_named()
    {
        var failure = Refused(Process(OneMap(), [Pages(0x10000, 2)], Filled(1)));

        Assert.Equal("CriuImageDamaged", failure.ErrorId);
        Assert.Contains("pages-1.img", failure.Message, StringComparison.Ordinal);
    }

    private static ImageArchive Parts(PstreeEntry task) => new ImageArchive()
        .Add("pstree.img", CriuImageType.Pstree, task)
        .Add("core-1.img", CriuImageType.Core, ImageArchive.X86Core())
        .Add("mm-1.img", CriuImageType.Mm, OneMap());

    private static ImageArchive Process(MmEntry mm, PagemapEntry[] pagemap, byte[] pages) =>
        new ImageArchive().AddProcess(ImageArchive.X86Core(), mm, pagemap, pages);

    private static MmEntry OneMap() => Mm(new VmaEntry { Start = 0x10000, End = 0x20000, Prot = 3, Status = AnonymousPrivate });

    private static MmEntry Mm(params VmaEntry[] maps) => new() { Vmas = { maps }, MmSavedAuxv = { 6, 4096 } };

    private static PagemapEntry Pages(ulong address, long count, uint flags = Present) => new() { Vaddr = address, NrPages = (ulong)count, Flags = flags };

    private static byte[] Filled(int pages) => [.. Enumerable.Range(1, pages).SelectMany(i => Page((byte)i))];

    private static byte[] Page(byte value) => [.. Enumerable.Repeat(value, 4096)];

    private CheckpointCoreDump Export(ImageArchive archive, out CoreFileReader core)
    {
        using var export = MemoryExport.Open(_folder.Write("made-up.tar", archive.End()), CancellationToken.None);
        var dump = export.WriteCoreDump(1, Path.Combine(_folder.Path, "core.1"), overwrite: false, null);
        core = new CoreFileReader(File.ReadAllBytes(dump.Path));
        return dump;
    }

    private KubeCheckpointException Refused(ImageArchive archive)
    {
        using var export = MemoryExport.Open(_folder.Write("made-up.tar", archive.End()), CancellationToken.None);
        var failure = Assert.Throws<KubeCheckpointException>(() => export.WriteCoreDump(1, Path.Combine(_folder.Path, "core.1"), overwrite: false, null));
        Assert.Equal(["made-up.tar"], Directory.GetFileSystemEntries(_folder.Path).Select(path => Path.GetFileName(path)));
        return failure;
    }
}
