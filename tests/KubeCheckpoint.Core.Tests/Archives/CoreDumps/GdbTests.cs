using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Exports;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Memory;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Archives.CoreDumps;

/// <summary>Compares core files as gdb sees them with the archive.</summary>
public sealed partial class GdbTests : IDisposable
{
    // The names of the registers in gdb and in crit.
    private static readonly (string Gdb, string Crit)[] Registers =
    [
        ("rax", "ax"), ("rbx", "bx"), ("rcx", "cx"), ("rdx", "dx"), ("rsi", "si"), ("rdi", "di"), ("rbp", "bp"), ("rsp", "sp"), ("r8", "r8"),
        ("r9", "r9"), ("r10", "r10"), ("r11", "r11"), ("r12", "r12"), ("r13", "r13"), ("r14", "r14"), ("r15", "r15"), ("rip", "ip"),
        ("eflags", "flags"), ("cs", "cs"), ("ss", "ss"), ("ds", "ds"), ("es", "es"), ("fs", "fs"), ("gs", "gs"), ("fs_base", "fs_base"),
        ("gs_base", "gs_base"), ("orig_rax", "orig_ax"),
    ];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Archives =>
        ["zoo-crio.tar", "crio-redis.tar", "containerd-counter.tar", "delta-before-podman.tar.zst", "delta-after-podman.tar.zst"];

    public void Dispose() => _folder.Dispose();

    [RequiresToolsTheory(Tools.Gdb)]
    [MemberData(nameof(Archives))]
    public void Threads_and_registers_are_those_of_the_images(string name)
    {
        using var crit = Crit(name);
        ForEachProcess(name, (_, task, path, _) =>
        {
            var (answers, _) = Gdb.Ask(path, ["info threads", "thread apply all info registers", .. Registers.Select(register => $"thread apply all p/x ${register.Gdb}")]);

            Assert.Equal(task.Threads.Select(id => $"LWP {id}"), LightWeightProcess().Matches(answers[0]).Select(match => match.Value));
            Assert.Matches($@"^\* 1 +LWP {task.Pid} ", answers[0].Split('\n')[1]);
            Assert.Equal(task.Threads.Count, Gdb.ByThread(answers[1]).Count);
            for (var i = 0; i < Registers.Length; i++)
            {
                Assert.Equal(
                    task.Threads.ToDictionary(id => (int)id, id => Thread(crit, id).GetProperty("gpregs").GetProperty(Registers[i].Crit).GetUInt64()),
                    Gdb.ByThread(answers[i + 2]).ToDictionary(thread => thread.Key, thread => Gdb.Number(thread.Value.Split(' ')[^1])));
            }
        });
    }

    [RequiresToolsTheory(Tools.Gdb)]
    [MemberData(nameof(Archives))]
    public void Vector_registers_are_those_of_the_images(string name)
    {
        using var crit = Crit(name);
        ForEachProcess(name, (_, task, path, _) =>
        {
            var vectors = Enumerable.Range(0, 32).Select(i => $"thread apply all p/x $zmm{i}.v16_int32");
            var masks = Enumerable.Range(0, 8).Select(i => $"thread apply all p/x $k{i}");
            var answers = Gdb.Ask(path, [.. vectors, .. masks, "thread apply all p/x $mxcsr", "thread apply all p/x $ymm1.v8_int32"]).Answers.ConvertAll(Gdb.ByThread);

            foreach (var id in task.Threads)
            {
                var registers = Thread(crit, id).GetProperty("fpregs");
                Assert.Equal(Enumerable.Range(0, 32).SelectMany(i => Zmm(registers, i)), answers[..32].SelectMany(answer => Gdb.Vector(answer[(int)id])));
                Assert.Equal(Words(registers, "xsave", "opmask_reg"), answers[32..40].Select(answer => Gdb.Number(answer[(int)id].Split(' ')[^1])));
                Assert.Equal(registers.GetProperty("mxcsr").GetUInt64(), Gdb.Number(answers[40][(int)id].Split(' ')[^1]));
                Assert.Equal(Zmm(registers, 1).Take(8), Gdb.Vector(answers[41][(int)id]));
            }
        });
    }

    [RequiresToolsTheory(Tools.Gdb)]
    [MemberData(nameof(Archives))]
    public void Sections_are_the_segments(string name) => ForEachProcess(name, (images, _, path, core) =>
    {
        var (answers, warnings) = Gdb.Ask(path, "info files");

        // gdb splits a segment that ends with zeros into two, load9a and load9b.
        var sections = Section().Matches(answers[0]).Select(match => (Start: Gdb.Number(match.Groups[1].Value), End: Gdb.Number(match.Groups[2].Value)));
        var expected = core.Loads.SelectMany(load => load.FileSize > 0 && load.FileSize < load.MemorySize
            ? new[] { (load.Address, load.Address + load.FileSize), (load.Address + load.FileSize, load.Address + load.MemorySize) }
            : [(load.Address, load.Address + load.MemorySize)]);
        Assert.Equal(expected, sections);
        CheckWarnings(images, warnings);
    });

    [RequiresToolsTheory(Tools.Gdb)]
    [MemberData(nameof(Archives))]
    public void Backtrace_auxiliary_vector_and_signal_can_be_read(string name)
    {
        using var crit = Crit(name);
        ForEachProcess(name, (images, task, path, _) =>
        {
            var answers = Gdb.Ask(path, "bt", "info auxv", "p $_siginfo.si_signo", "p $_siginfo.si_code", "info proc").Answers;

            var instruction = Thread(crit, task.Pid).GetProperty("gpregs").GetProperty("ip").GetUInt64();
            Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"#0  0x{instruction:x16} in "), answers[0], StringComparison.Ordinal);
            // AT_EXECFN and AT_PLATFORM have the text they point to after the number.
            var vector = AuxiliaryLine().Matches(answers[1]).Select(match => (ulong.Parse(match.Groups[1].Value), Gdb.Number(match.Groups[2].Value)));
            Assert.Equal([.. new AuxiliaryVector(images.Mm(task.Pid)!.MmSavedAuxv).Entries, (0, 0)], vector);
            Assert.Equal(["$1 = 0", "$2 = 0"], answers[2..4].Select(answer => answer.Trim()));
            Assert.StartsWith("exe = '", answers[4], StringComparison.Ordinal);
        });
    }

    [RequiresToolsTheory(Tools.Gdb)]
    [InlineData("zoo-crio.tar")]
    [InlineData("delta-before-podman.tar.zst")]
    [InlineData("delta-after-podman.tar.zst")]
    public void Mappings_are_those_of_proc(string name)
    {
        using var truth = JsonDocument.Parse(File.ReadAllBytes(Fixture.PathOf(name + ".truth.json")));
        ForEachProcess(name, (_, task, path, _) =>
        {
            var process = truth.RootElement.GetProperty("processes").EnumerateArray().Single(process => process.GetProperty("pid").GetUInt32() == task.Pid);
            var maps = process.GetProperty("maps").EnumerateArray().Select(line => MapLine().Match(line.GetString()!)).Where(match => match.Success);
            // Anonymous shared memory, which the kernel shows as /dev/zero, is not a file; the images do not record "(deleted)".
            var expected = maps.Where(match => !match.Groups[4].Value.StartsWith("/dev/zero", StringComparison.Ordinal)).Select(match =>
                $"{Trimmed(match.Groups[1].Value)} {Trimmed(match.Groups[2].Value)} {Trimmed(match.Groups[3].Value)} {match.Groups[4].Value.Replace(task.Pid == 10 ? " (deleted)" : "\0", "", StringComparison.Ordinal)}");
            var mappings = MappingLine().Matches(Gdb.Ask(path, "info proc mappings").Answers[0]).Select(match => $"{match.Groups[1]} {match.Groups[2]} {match.Groups[3]} {match.Groups[4]}");
            Assert.Equal(expected, mappings);
        });
    }

    [RequiresToolsTheory(Tools.Gdb)]
    [MemberData(nameof(Archives))]
    public void Arguments_and_environment_are_read_as_strings(string name) => ForEachProcess(name, (images, task, path, _) =>
    {
        var mm = images.Mm(task.Pid)!;
        var expected = new[] { mm.MmArgStart, mm.MmEnvStart }.Select(address => Text(images.Memory(task.Pid)!, address)).ToList();
        // Redis overwrites both with its title, and nothing of the environment remains.
        Assert.NotEqual("", expected[0]);

        var answers = Gdb.Ask(path, $"x/s {mm.MmArgStart}", $"x/s {mm.MmEnvStart}").Answers;
        Assert.Equal(expected, answers.Select(answer => answer.Trim().Split(":\t\"")[1][..^1]));
    });

    [RequiresToolsTheory(Tools.Gdb)]
    [InlineData("KC-SHARED-7731")]
    [InlineData("KC-HEAP-needle-4242")]
    [InlineData("KC-BORDER-needle-9001")]
    [InlineData("KC-RWX-needle-0xCAFEBABE")]
    [InlineData("KC-SPARSE-needle-first")]
    [InlineData("KC-SPARSE-needle-last")]
    [InlineData("KC-READONLY-needle")]
    [InlineData("KC-PROTNONE-needle")]
    [InlineData("KC-COW-needle-1313")]
    [InlineData("KC-MEMFD-MAPPED")]
    public void What_the_program_wrote_is_read_where_it_wrote_it(string needle)
    {
        using var content = CheckpointContent.Open(Fixture.PathOf("zoo-crio.tar"), CancellationToken.None);
        var memory = new CheckpointImages(content).Memory(1)!;
        var path = Export(Fixture.PathOf("zoo-crio.tar"), 1).Path;
        var addresses = memory.Extents().Where(extent => extent.Store is not null).SelectMany(extent => Find(memory, extent, needle)).ToList();
        Assert.NotEmpty(addresses);

        var answers = Gdb.Ask(path, [.. addresses.Select(address => $"x/s {address}")]).Answers;
        Assert.All(answers.Zip(addresses), answer => Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"0x{answer.Second:x}:\t\"{needle}"), answer.First, StringComparison.Ordinal));
    }

    [RequiresToolsFact(Tools.Gdb)]
    public void Pages_that_are_as_in_the_file_are_read_from_the_file()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "root", "srv"));
        File.WriteAllBytes(Path.Combine(_folder.Path, "root", "srv", "data.bin"), ElfOfStrings("from the file", "never shown", "behind"));
        var mm = new MmEntry { MmSavedAuxv = { 6, 4096 } };
        mm.Vmas.Add(new VmaEntry { Start = 0x10000, End = 0x13000, Prot = 3, Shmid = 9, Status = 1 | 1 << 6 });
        mm.Vmas.Add(new VmaEntry { Start = 0x20000, End = 0x22000, Prot = 3, Status = 1 | 1 << 9 });
        var pages = new byte[2 * 4096];
        Encoding.ASCII.GetBytes("changed in memory").CopyTo(pages, 0);
        Encoding.ASCII.GetBytes("anonymous").CopyTo(pages, 4096);
        var archive = new ImageArchive()
            .Add("files.img", CriuImageType.Files, new FileEntry { Id = 9, Reg = new RegFileEntry { Id = 9, Name = "/srv/data.bin" } })
            .AddProcess(ImageArchive.X86Core(), mm, [new PagemapEntry { Vaddr = 0x11000, NrPages = 1, Flags = 4 }, new PagemapEntry { Vaddr = 0x20000, NrPages = 1, Flags = 4 }], pages);
        var path = Export(_folder.Write("made-up.tar", archive.End()), 1).Path;

        var (answers, warnings) = Gdb.AskWith(Tools.Gdb, Path.Combine(_folder.Path, "root"), path, "x/s 0x10100", "x/s 0x11000", "x/s 0x12000", "x/s 0x20000", "x/gx 0x21000");

        Assert.Equal(
            ["0x10100:\t\"from the file\"", "0x11000:\t\"changed in memory\"", "0x12000:\t\"behind\"", "0x20000:\t\"anonymous\"", "0x21000:\t0x0000000000000000"],
            answers.Select(answer => answer.Trim()));
        Assert.Empty(warnings);
    }

    [RequiresToolsFact(Tools.Gdb)]
    public void What_is_in_another_checkpoint_cannot_be_read()
    {
        var mm = new MmEntry { MmSavedAuxv = { 6, 4096 } };
        mm.Vmas.Add(new VmaEntry { Start = 0x10000, End = 0x13000, Prot = 3, Status = 1 | 1 << 9 });
        var archive = new ImageArchive().AddProcess(ImageArchive.X86Core(), mm, [new PagemapEntry { Vaddr = 0x11000, NrPages = 1, Flags = 1 }], []);
        var path = Export(_folder.Write("made-up.tar", archive.End()), 1).Path;

        var answers = Gdb.Ask(path, "x/bx 0x10fff", "x/s 0x11000").Answers;
        Assert.Equal("0x10fff:\t0x00", answers[0].Trim());
        Assert.Contains("<error: Cannot access memory at address 0x11000>", answers[1], StringComparison.Ordinal);
    }

    [RequiresToolsFact(Tools.Gdb)]
    public void More_segments_than_the_header_can_count_are_read()
    {
        const int Count = 66_000;
        var mm = new MmEntry { MmSavedAuxv = { 6, 4096 } };
        mm.Vmas.AddRange(Enumerable.Range(0, Count).Select(i => new VmaEntry { Start = 0x10000 + (ulong)i * 0x2000, End = 0x11000 + (ulong)i * 0x2000, Prot = 1, Status = 1 | 1 << 9 }));
        var last = mm.Vmas[^1].Start;
        var archive = new ImageArchive().AddProcess(ImageArchive.X86Core(), mm, [new PagemapEntry { Vaddr = last, NrPages = 1, Flags = 4 }], [.. Encoding.ASCII.GetBytes("last of all"), .. new byte[4085]]);
        var path = Export(_folder.Write("made-up.tar", archive.End()), 1).Path;

        Assert.Contains("\"last of all\"", Gdb.Ask(path, $"x/s {last}").Answers[0], StringComparison.Ordinal);
    }

    [RequiresToolsFact(Tools.GdbMultiarch)]
    public void Aarch64_is_read()
    {
        const int PageSize = 64 * 1024;
        var core = new CoreEntry { Mtype = CoreEntry.Types.March.Aarch64, Tc = new TaskCoreEntry { TaskState = 3, StopSigno = 19, Comm = "arm" }, TiAarch64 = new ThreadInfoAarch64 { Tls = 0x7777 } };
        core.TiAarch64.Gpregs = new UserAarch64RegsEntry { Sp = 0x410000, Pc = 0x400100, Pstate = 0x60000000 };
        core.TiAarch64.Gpregs.Regs.AddRange(Enumerable.Range(0, 31).Select(i => 0x100ul + (ulong)i));
        core.TiAarch64.Fpsimd = new UserAarch64FpsimdContextEntry { Fpsr = 0x10, Fpcr = 0x400000 };
        core.TiAarch64.Fpsimd.Vregs.AddRange(Enumerable.Range(0, 64).Select(i => 0x200ul + (ulong)i));
        var mm = new MmEntry { Vmas = { new VmaEntry { Start = 0x400000, End = 0x440000, Prot = 5, Status = 1 | 1 << 9 } }, MmSavedAuxv = { 6, PageSize } };
        var pages = new byte[PageSize];
        Encoding.ASCII.GetBytes("at 64 KiB").CopyTo(pages, 0);
        var archive = new ImageArchive().AddProcess(core, mm, [new PagemapEntry { Vaddr = 0x410000, NrPages = 1, Flags = 4 }], pages);
        var path = Export(_folder.Write("made-up.tar", archive.End()), 1).Path;

        var (answers, warnings) = Gdb.AskWith(
            Tools.GdbMultiarch, "/nonexistent", path,
            [.. Enumerable.Range(0, 31).Select(i => $"p/x $x{i}"), "p/x $sp", "p/x $pc", "p/x $cpsr", "p/x $fpsr", "p/x $fpcr", "p/x $v31.d.u", "p/x $tpidr", "x/s 0x410000", "bt", "p $_siginfo.si_signo"]);

        Assert.Equal(Enumerable.Range(0, 31).Select(i => 0x100ul + (ulong)i), answers[..31].Select(answer => Gdb.Number(answer.Trim().Split(' ')[^1])));
        Assert.Equal(["0x410000", "0x400100", "0x60000000", "0x10", "0x400000"], answers[31..36].Select(answer => answer.Trim().Split(' ')[^1]));
        Assert.Equal([0x200 + 62, 0x200 + 63], Gdb.Vector(answers[36]));
        Assert.Equal("0x7777", answers[37].Trim().Split(' ')[^1]);
        Assert.Equal("0x410000:\t\"at 64 KiB\"", answers[38].Trim());
        Assert.StartsWith("#0  0x0000000000400100 in ", answers[39], StringComparison.Ordinal);
        Assert.Equal("19", answers[40].Trim().Split(' ')[^1]);
        Assert.Empty(warnings);
    }

    // The files are not on this machine; gdb warns once for each, and of nothing else.
    private static void CheckWarnings(CheckpointImages images, List<string> warnings)
    {
        var names = images.Files.Values.Select(file => file.Reg?.Name).Append("/memfd:zoo-memfd (deleted)").ToHashSet();
        Assert.All(warnings, warning => Assert.Contains(MissingFile().Match(warning).Groups[1].Value, names));
    }

    private static IEnumerable<ulong> Find(AddressSpace memory, MemoryExtent extent, string needle)
    {
        // One needle begins in one page and ends in the next.
        var bytes = new byte[extent.Length];
        memory.Read(extent.Address, bytes);
        for (var at = bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(needle)); at >= 0; at = Next(bytes, needle, at))
            yield return extent.Address + (ulong)at;
    }

    private static int Next(byte[] bytes, string needle, int at)
    {
        var next = bytes.AsSpan(at + 1).IndexOf(Encoding.ASCII.GetBytes(needle));
        return next < 0 ? -1 : at + 1 + next;
    }

    // As gdb prints it: characters outside ASCII as octal digits.
    private static string Text(AddressSpace memory, ulong address)
    {
        var bytes = new byte[4096 - (int)(address % 4096)];
        bytes = bytes[..memory.Read(address, bytes)];
        return string.Concat(bytes.TakeWhile(octet => octet != 0).Select(octet => octet is >= 0x20 and < 0x7f ? ((char)octet).ToString() : $"\\{Convert.ToString(octet, 8).PadLeft(3, '0')}"));
    }

    private static IEnumerable<ulong> Zmm(JsonElement registers, int index)
    {
        if (index >= 16)
            return Words(registers, "xsave", "hi16_zmm").Skip((index - 16) * 8).Take(8).SelectMany(word => new[] { word & 0xffffffff, word >> 32 });
        var low = Words(registers, "xmm_space").Skip(index * 4).Take(4);
        var high = Words(registers, "xsave", "ymmh_space").Skip(index * 4).Take(4);
        return [.. low, .. high, .. Words(registers, "xsave", "zmm_upper").Skip(index * 4).Take(4).SelectMany(word => new[] { word & 0xffffffff, word >> 32 })];
    }

    private static IEnumerable<ulong> Words(JsonElement registers, params string[] path) =>
        path.Aggregate(registers, (element, name) => element.GetProperty(name)).EnumerateArray().Select(word => word.GetUInt64());

    private static JsonElement Thread(JsonDocument crit, uint id) =>
        crit.RootElement.GetProperty($"core-{id}.img").GetProperty("entries")[0].GetProperty("thread_info");

    private static string Trimmed(string hex) => "0x" + Convert.ToUInt64(hex, 16).ToString("x", CultureInfo.InvariantCulture);

    // gdb opens a mapped file only if it is an object file.
    private static byte[] ElfOfStrings(string first, string second, string third)
    {
        var file = new byte[3 * 4096];
        new byte[] { 0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0 }.CopyTo(file, 0);
        (file[16], file[18], file[20], file[52], file[54], file[58]) = (3, 62, 1, 64, 56, 64);
        Encoding.ASCII.GetBytes(first).CopyTo(file, 0x100);
        Encoding.ASCII.GetBytes(second).CopyTo(file, 0x1000);
        Encoding.ASCII.GetBytes(third).CopyTo(file, 0x2000);
        return file;
    }

    private static JsonDocument Crit(string name) => JsonDocument.Parse(File.ReadAllBytes(Fixture.PathOf(name + ".crit.json")));

    private CheckpointCoreDump Export(string archive, int processId)
    {
        using var export = MemoryExport.Open(archive, CancellationToken.None);
        return export.WriteCoreDump(processId, Path.Combine(_folder.Path, $"core.{processId}"), overwrite: true, null);
    }

    private void ForEachProcess(string name, Action<CheckpointImages, PstreeEntry, string, CoreFileReader> check)
    {
        using var content = CheckpointContent.Open(Fixture.PathOf(name), CancellationToken.None);
        var images = new CheckpointImages(content);
        foreach (var task in images.Tasks.Where(task => images.Memory(task.Pid) is not null))
        {
            var path = Export(Fixture.PathOf(name), (int)task.Pid).Path;
            check(images, task, path, new CoreFileReader(File.ReadAllBytes(path)));
        }
    }

    [GeneratedRegex(@"LWP \d+")]
    private static partial Regex LightWeightProcess();

    [GeneratedRegex(@"^\s+(0x[0-9a-f]+) - (0x[0-9a-f]+) is load", RegexOptions.Multiline)]
    private static partial Regex Section();

    [GeneratedRegex(@"^(\d+) .*?\s(\d+|0x[0-9a-f]+)(?: "".*"")?$", RegexOptions.Multiline)]
    private static partial Regex AuxiliaryLine();

    [GeneratedRegex(@"^([0-9a-f]+)-([0-9a-f]+) \S+ ([0-9a-f]+) \S+ \d+ +(/.*)$")]
    private static partial Regex MapLine();

    [GeneratedRegex(@"^ +(0x[0-9a-f]+) +(0x[0-9a-f]+) +0x[0-9a-f]+ +(0x[0-9a-f]+) (.*)$", RegexOptions.Multiline)]
    private static partial Regex MappingLine();

    [GeneratedRegex(@"^warning: Can't open file (.*) during file-backed mapping note processing$")]
    private static partial Regex MissingFile();
}
