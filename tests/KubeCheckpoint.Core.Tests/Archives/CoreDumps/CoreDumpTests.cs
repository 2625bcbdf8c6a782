using System.Globalization;
using System.Text;
using System.Text.Json;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Exports;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Core.Tests.Archives.CoreDumps;

/// <summary>Core files of real archives, read by an independent reader and compared with crit and /proc.</summary>
public sealed class CoreDumpTests
{
    private static readonly string[] X86Registers =
    [
        "r15", "r14", "r13", "r12", "bp", "bx", "r11", "r10", "r9", "r8", "ax", "cx", "dx", "si", "di", "orig_ax", "ip", "cs", "flags",
        "sp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs",
    ];

    public static TheoryData<string> Archives => Fixture.Archives;

    [Theory]
    [MemberData(nameof(Archives))]
    public void Every_thread_has_the_registers_crit_shows(string name)
    {
        using var crit = Crit(name);
        ForEachProcess(name, (_, task, core) =>
        {
            Assert.Equal(task.Threads.Order().Select(id => (int)id), core.Threads.Select(notes => notes[0].Int(32)).Order());
            Assert.Equal((int)task.Pid, core.Threads[0][0].Int(32));
            foreach (var notes in core.Threads)
            {
                var thread = crit.RootElement.GetProperty($"core-{notes[0].Int(32)}.img").GetProperty("entries")[0].GetProperty("thread_info");
                Assert.Equal(X86Registers.Select(register => thread.GetProperty("gpregs").GetProperty(register).GetUInt64()), Enumerable.Range(0, 27).Select(i => notes[0].Long(112 + i * 8)));
                Assert.Equal((336, 1), (notes[0].Content.Length, notes[0].Int(328)));
                CheckFloatingPoint(thread.GetProperty("fpregs"), notes);
            }
        });
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public void Memory_reads_as_in_the_archive(string name) => ForEachProcess(name, (images, task, core) =>
    {
        var memory = images.Memory(task.Pid)!;
        var stored = 0L;
        foreach (var extent in memory.Extents())
        {
            var segment = core.Find(extent.Address);
            switch (memory.ContentOf(extent))
            {
                case PageContent.Stored:
                    var bytes = new byte[extent.Length];
                    extent.Store!.Read(extent.Run, extent.Start, bytes);
                    Assert.Equal(bytes, core.Read(extent.Address, bytes.Length));
                    stored += extent.Length;
                    break;
                case PageContent.Zero:
                    Assert.False(core.Read(extent.Address, (int)extent.Length).AsSpan().ContainsAnyExcept((byte)0));
                    break;
                case PageContent.File:
                    Assert.Equal((0ul, extent.Address, (ulong)extent.Length), (segment!.FileSize, segment.Address, segment.MemorySize));
                    break;
                default:
                    Assert.Null(segment);
                    break;
            }
        }
        Assert.True(stored > 0, "The process has no pages.");
        Assert.All(core.Loads, load => Assert.Equal(Flags(memory.FindMap(load.Address)!.Entry.Prot), load.Flags));
    });

    [Theory]
    [MemberData(nameof(Archives))]
    public void The_auxiliary_vector_is_the_saved_one(string name)
    {
        using var crit = Crit(name);
        ForEachProcess(name, (_, task, core) =>
        {
            var saved = crit.RootElement.GetProperty($"mm-{task.Pid}.img").GetProperty("entries")[0].GetProperty("mm_saved_auxv").EnumerateArray().Select(word => word.GetUInt64()).ToList();
            var note = core.Single("CORE", 6);
            var words = Enumerable.Range(0, note.Content.Length / 8).Select(i => note.Long(i * 8)).ToList();
            // CRIU omits the AT_NULL at the end, which gdb needs.
            Assert.Equal([.. saved, 0, 0], words);
        });
    }

    [Theory]
    [InlineData("zoo-crio.tar")]
    [InlineData("delta-before-podman.tar.zst")]
    [InlineData("delta-after-podman.tar.zst")]
    public void The_process_is_the_one_proc_showed(string name)
    {
        using var truth = JsonDocument.Parse(File.ReadAllBytes(Fixture.PathOf(name + ".truth.json")));
        ForEachProcess(name, (images, task, core) =>
        {
            var process = truth.RootElement.GetProperty("processes").EnumerateArray().Single(process => process.GetProperty("pid").GetUInt32() == task.Pid);
            var note = core.Single("CORE", 3);
            Assert.Equal(136, note.Content.Length);
            Assert.Equal(process.GetProperty("comm").GetString(), note.Text(40, 16));
            var arguments = string.Join(' ', process.GetProperty("cmdline").EnumerateArray().Select(argument => argument.GetString()));
            Assert.Equal(arguments[..Math.Min(79, arguments.Length)].TrimEnd(), note.Text(56, 80).TrimEnd());
            Assert.Equal((process.GetProperty("uids")[0].GetInt32(), process.GetProperty("gids")[0].GetInt32()), (note.Int(16), note.Int(20)));
            Assert.Equal(
                [(int)task.Pid, process.GetProperty("ppid").GetInt32(), process.GetProperty("pgid").GetInt32(), process.GetProperty("sid").GetInt32()],
                new[] { note.Int(24), note.Int(28), note.Int(32), note.Int(36) });
            Assert.Equal(process.GetProperty("nice").GetInt32(), (sbyte)note.Content[3]);
            foreach (var thread in process.GetProperty("threads").EnumerateArray())
            {
                var blocked = core.Threads.Single(notes => notes[0].Int(32) == thread.GetProperty("tid").GetInt32())[0].Long(24);
                Assert.Equal(thread.GetProperty("sigblk").GetString(), blocked.ToString("x16", CultureInfo.InvariantCulture));
            }
            Assert.Equal(MappedFiles(process), MappedFiles(core.Single("CORE", 0x46494c45)));
        });
    }

    [Fact]
    public void A_map_that_is_partly_in_the_archive_is_split_where_the_file_is_used()
    {
        ForEachProcess("zoo-crio.tar", (images, task, core) =>
        {
            if (task.Pid != 1)
                return;
            var map = images.Memory(1)!.FindMap(0x7eff37412000)!;
            // KC-COW-needle-1313 was written to the second of two pages of a private map of /etc/zoo-private.dat.
            Assert.Equal([(map.Start, 0ul), (map.Start + 4096, 4096ul)], core.Loads.Where(load => load.Address >= map.Start && load.Address < map.End).Select(load => (load.Address, load.FileSize)));
        });
    }

    [Theory]
    [InlineData("KC-SHARED-7731")]
    [InlineData("KC-MEMFD-MAPPED")]
    [InlineData("KC-BORDER-needle-9001")]
    [InlineData("KC-PROTNONE-needle")]
    public void What_the_program_wrote_is_in_the_file(string needle)
    {
        using var folder = new TemporaryFolder();
        using var export = MemoryExport.Open(Fixture.PathOf("zoo-crio.tar"), CancellationToken.None);
        var dump = export.WriteCoreDump(1, Path.Combine(folder.Path, "core.1"), overwrite: false, null);

        Assert.True(File.ReadAllBytes(dump.Path).AsSpan().IndexOf(Encoding.ASCII.GetBytes(needle)) > 0);
    }

    [Fact]
    public void A_zombie_has_no_memory_to_write()
    {
        using var folder = new TemporaryFolder();
        using var export = MemoryExport.Open(Fixture.PathOf("zoo-crio.tar"), CancellationToken.None);

        Assert.Equal([1, 8, 9, 10], export.Processes.Where(process => process.HasMemory).Select(process => process.Id));
        Assert.Contains(new MemoryProcess(7, "zoo-zombie", false), export.Processes);
        var failure = Assert.Throws<KubeCheckpointException>(() => export.WriteCoreDump(7, Path.Combine(folder.Path, "core.7"), overwrite: false, null));
        Assert.Equal("ProcessWithoutMemory", failure.ErrorId);
        Assert.Equal("ProcessNotInArchive", Assert.Throws<KubeCheckpointException>(() => export.WriteCoreDump(99, Path.Combine(folder.Path, "core.99"), overwrite: false, null)).ErrorId);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void An_existing_file_is_replaced_only_on_request_and_readable_only_for_its_owner()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("core.1", [1]);
        using var export = MemoryExport.Open(Fixture.PathOf("crio-counter.tar"), CancellationToken.None);

        Assert.Equal("DestinationExists", Assert.Throws<KubeCheckpointException>(() => export.WriteCoreDump(1, path, overwrite: false, null)).ErrorId);
        Assert.Equal([1], File.ReadAllBytes(path));
        var dump = export.WriteCoreDump(1, path, overwrite: true, null);

        Assert.Equal((new FileInfo(path).Length, 1, 0L, "amd64"), (dump.Size, dump.ThreadCount, dump.MissingBytes, dump.Architecture));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_cancelled_export_leaves_nothing_behind()
    {
        using var folder = new TemporaryFolder();
        using var stopping = new CancellationTokenSource();
        using var export = MemoryExport.Open(Fixture.PathOf("crio-redis.tar"), stopping.Token);
        stopping.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => export.WriteCoreDump(1, Path.Combine(folder.Path, "core.1"), overwrite: false, null));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    private static void CheckFloatingPoint(JsonElement registers, List<CoreFileReader.Note> notes)
    {
        var legacy = Assert.Single(notes, note => note is { Owner: "CORE", Type: 2 });
        var extended = Assert.Single(notes, note => note is { Owner: "LINUX", Type: 0x202 });
        Assert.Equal(512, legacy.Content.Length);
        Assert.Equal(registers.GetProperty("cwd").GetInt32(), legacy.Int(0) & 0xffff);
        Assert.Equal(registers.GetProperty("mxcsr").GetInt32(), legacy.Int(24));
        Assert.Equal(Words(registers.GetProperty("xmm_space")), Enumerable.Range(0, 64).Select(i => (ulong)(uint)legacy.Int(160 + i * 4)));
        Assert.Equal(legacy.Content[..464], extended.Content[..464]);
        // These machines have AVX-512, but neither MPX nor protection keys: the area ends with ZMM16 to ZMM31.
        Assert.Equal((2688, 0b1110_0111ul), (extended.Content.Length, extended.Long(464)));
        var state = registers.GetProperty("xsave");
        Assert.Equal(state.GetProperty("xstate_bv").GetUInt64(), extended.Long(512));
        Assert.Equal(Words(state.GetProperty("ymmh_space")), Enumerable.Range(0, 64).Select(i => (ulong)(uint)extended.Int(576 + i * 4)));
        Assert.Equal(Words(state.GetProperty("opmask_reg")), Enumerable.Range(0, 8).Select(i => extended.Long(1088 + i * 8)));
        Assert.Equal(Words(state.GetProperty("zmm_upper")), Enumerable.Range(0, 64).Select(i => extended.Long(1152 + i * 8)));
        Assert.Equal(Words(state.GetProperty("hi16_zmm")), Enumerable.Range(0, 128).Select(i => extended.Long(1664 + i * 8)));
    }

    private static IEnumerable<ulong> Words(JsonElement array) => array.EnumerateArray().Select(word => word.GetUInt64());

    // "7eff37412000-7eff37414000 rw-p 00000000 00:7a 2140457    /etc/zoo-private.dat"; anonymous shared memory shows as /dev/zero.
    private static IEnumerable<string> MappedFiles(JsonElement process) => process.GetProperty("maps").EnumerateArray()
        .Select(line => line.GetString()!.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        .Where(fields => fields.Length == 6 && fields[5].StartsWith('/') && !fields[5].StartsWith("/dev/zero", StringComparison.Ordinal))
        .Select(fields => $"{fields[0]} {fields[2]} {WithoutDeleted(fields[5])}");

    // CRIU removes the kernel's "(deleted)" from the names of deleted regular files, but not from memfds.
    private static string WithoutDeleted(string name) =>
        name.StartsWith("/memfd:", StringComparison.Ordinal) ? name : name.Replace(" (deleted)", "", StringComparison.Ordinal);

    private static List<string> MappedFiles(CoreFileReader.Note note)
    {
        var (count, pageSize) = ((int)note.Long(0), note.Long(8));
        var names = Encoding.UTF8.GetString(note.Content, 16 + count * 24, note.Content.Length - 16 - count * 24).Split('\0');
        Assert.Equal("", names[count]);
        return [.. Enumerable.Range(0, count).Select(i => string.Create(
            CultureInfo.InvariantCulture,
            $"{note.Long(16 + i * 24):x8}-{note.Long(24 + i * 24):x8} {note.Long(32 + i * 24) * pageSize:x8} {names[i]}"))];
    }

    private static uint Flags(uint protection) => (protection & 1) * 4 | protection & 2 | (protection & 4) / 4;

    private static JsonDocument Crit(string name) => JsonDocument.Parse(File.ReadAllBytes(Fixture.PathOf(name + ".crit.json")));

    private static void ForEachProcess(string name, Action<CheckpointImages, KubeCheckpoint.Criu.Messages.PstreeEntry, CoreFileReader> check)
    {
        using var folder = new TemporaryFolder();
        using var content = CheckpointContent.Open(Fixture.PathOf(name), CancellationToken.None);
        using var export = MemoryExport.Open(Fixture.PathOf(name), CancellationToken.None);
        var images = new CheckpointImages(content);
        foreach (var process in export.Processes.Where(process => process.HasMemory))
        {
            var dump = export.WriteCoreDump(process.Id, Path.Combine(folder.Path, "out", $"core.{process.Id}"), overwrite: false, null);
            check(images, images.Tasks.Single(task => task.Pid == (uint)process.Id), new CoreFileReader(File.ReadAllBytes(dump.Path)));
        }
    }
}
