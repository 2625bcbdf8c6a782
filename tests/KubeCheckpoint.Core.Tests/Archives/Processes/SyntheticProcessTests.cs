using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Archives.Processes;

/// <summary>Processes that are in no real archive of the tests, and impossible ones.</summary>
public sealed class SyntheticProcessTests
{
    private const ulong StackAddress = 0x7ffc_0000_0000;
    private const int StringsOffset = 64;

    [Fact]
    public void A_title_padded_with_zeros_is_the_command_line()
    {
        // nginx overwrites arguments and environment with its title, and the rest of both with zeros.
        var process = ReadOne(Stack(3, Padded("nginx: worker process", 60), Padded("", 200)));

        Assert.Equal(("nginx: worker process", true, true), (process.CommandLine, process.IsCommandLineOverwritten, process.IsCommandLineComplete));
        Assert.Equal(["nginx: worker process"], process.Arguments);
        Assert.Empty(process.Environment!);
        Assert.True(process.IsEnvironmentComplete);
    }

    [Fact]
    public void A_title_may_run_on_into_the_environment()
    {
        var process = ReadOne(Stack(2, "nginx: master process /us"u8, "r/sbin/nginx -c x=y \0B=2\0"u8));

        Assert.Equal(("nginx: master process /usr/sbin/nginx -c x=y", true), (process.CommandLine, process.IsCommandLineOverwritten));
        Assert.Equal([new KeyValuePair<string, string>("B", "2")], process.Environment!);
    }

    [Fact]
    public void A_secret_wiped_from_the_arguments_leaves_the_others()
    {
        var process = ReadOne(Stack(3, "app\0--password=\0\0\0\0\0\0-v\0"u8, "A=1\0"u8));

        Assert.Equal(["app", "--password=", "-v"], process.Arguments);
        Assert.True(process.IsCommandLineOverwritten);
    }

    [Fact]
    public void The_first_variable_of_a_name_counts_and_other_text_is_left_out()
    {
        var process = ReadOne(Stack(1, "app\0"u8, "A=1\0nothing\0=x\0A=2\0B==\0\0C=\0"u8));

        Assert.Equal([("A", "1"), ("B", "="), ("C", "")], process.Environment!.Select(variable => (variable.Key, variable.Value)));
    }

    [Fact]
    public void Invalid_utf8_is_replaced()
    {
        var core = Image(CriuImageType.Core, Core("x").ToByteArray(), "x"u8, [0xff]);
        var (bytes, mm) = Stack(1, [(byte)'a', 0xfe, (byte)'b', 0], [(byte)'N', (byte)'=', 0xc3, 0]);
        using var content = new SyntheticCheckpoint().Task(1, 0).Raw("checkpoint/core-1.img", core).Memory(1, StackAddress, bytes, mm).Open();

        var process = Assert.Single(Read(content));

        Assert.Equal(("\ufffd", "a\ufffdb", "\ufffd"), (process.Name, process.CommandLine, process.Environment!["N"]));
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(2u)]
    public void Pages_in_another_checkpoint_are_reported_as_missing(uint flags)
    {
        var (bytes, mm) = Stack(1, "app\0-x\0"u8, "A=1\0"u8);
        mm.Vmas.Add(new VmaEntry { Start = StackAddress, End = StackAddress + 4096, Prot = 3, Flags = 0x22, Status = 0x201 });
        using var content = new SyntheticCheckpoint().Task(1, 0, Core("app")).Add("mm-1.img", CriuImageType.Mm, mm)
            .Add("pagemap-1.img", CriuImageType.Pagemap, new PagemapHead { PagesId = 1 }, new PagemapEntry { Vaddr = StackAddress, NrPages = 1, Flags = flags })
            .Raw("checkpoint/pages-1.img", []).Open();

        AssertIsMissing(Assert.Single(Read(content)));
        Assert.NotEmpty(bytes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Missing_or_short_pages_files_hide_nothing_else(bool isThere)
    {
        var (_, mm) = Stack(1, "app\0-x\0"u8, "A=1\0"u8);
        mm.Vmas.Add(new VmaEntry { Start = StackAddress, End = StackAddress + 4096, Prot = 3, Flags = 0x22, Status = 0x201 });
        var checkpoint = new SyntheticCheckpoint().Task(1, 0, Core("app")).Add("mm-1.img", CriuImageType.Mm, mm)
            .Add("pagemap-1.img", CriuImageType.Pagemap, new PagemapHead { PagesId = 1 }, new PagemapEntry { Vaddr = StackAddress, NrPages = 1, Flags = 4 });
        using var content = (isThere ? checkpoint.Raw("checkpoint/pages-1.img", new byte[10]) : checkpoint).Open();

        AssertIsMissing(Assert.Single(Read(content)));
    }

    [Fact]
    public void Truncated_arguments_are_shown_up_to_the_cut()
    {
        // The last page of the arguments is not in the archive.
        var (bytes, mm) = Stack(4, Encoding.UTF8.GetBytes("app\0" + new string('x', 4096 - StringsOffset - 5) + "\0-gone\0-too\0"), "A=1\0"u8);
        mm.Vmas.Add(new VmaEntry { Start = StackAddress, End = StackAddress + 8192, Prot = 3, Flags = 0x22, Status = 0x201 });
        using var content = new SyntheticCheckpoint().Task(1, 0, Core("app")).Memory(1, StackAddress, bytes[..4096], mm).Open();

        var process = Assert.Single(Read(content));

        Assert.Equal((2, false, false, false), (process.Arguments!.Count, process.IsCommandLineComplete, process.IsCommandLineOverwritten, process.IsEnvironmentComplete));
        Assert.Null(process.Environment);
    }

    [Fact]
    public void Pages_may_be_of_64_kib()
    {
        var (bytes, mm) = Stack(2, Encoding.UTF8.GetBytes("app\0" + new string('y', 20_000) + "\0"), "A=1\0"u8);
        using var content = new SyntheticCheckpoint().Task(1, 0, Core("app", CoreEntry.Types.March.Aarch64)).Memory(1, StackAddress, bytes, mm, 65536).Open();

        var process = Assert.Single(Read(content));

        Assert.Equal((20_004, 65536L, "1"), (process.CommandLine!.Length, process.MemorySize, process.Environment!["A"]));
    }

    [Fact]
    public void Three_hundred_threads_have_names()
    {
        var threads = Enumerable.Range(100, 300).Select(id => (uint)id).ToArray();
        var checkpoint = new SyntheticCheckpoint().Task(100, 0, Core("main"), threads);
        foreach (var thread in threads[1..])
            checkpoint.Add($"core-{thread}.img", CriuImageType.Core, new CoreEntry { ThreadCore = new ThreadCoreEntry { Comm = $"worker-{thread}" } });
        using var content = checkpoint.Open();

        var process = Assert.Single(Read(content));

        Assert.Equal(threads.Select(id => (int)id), process.Threads.Select(thread => thread.Id));
        Assert.Equal("main", process.Threads[0].Name);
        Assert.All(process.Threads.Skip(1), thread => Assert.Equal($"worker-{thread.Id}", thread.Name));
    }

    [Fact]
    public void A_zombie_may_have_been_killed()
    {
        var core = new CoreEntry { Tc = new TaskCoreEntry { Comm = "z", TaskState = 2, ExitCode = 9 | 0x80 } };
        using var content = new SyntheticCheckpoint().Task(5, 1, core, 0).Open();

        var process = Assert.Single(Read(content));

        Assert.Equal((CheckpointProcessState.Zombie, null, 9), (process.State, process.ExitCode, process.ExitSignal));
        Assert.Equal([new CheckpointThread(5, "z")], process.Threads);
    }

    [Fact]
    public void Capabilities_without_a_name_have_a_number()
    {
        var core = Core("c");
        core.ThreadCore = new ThreadCoreEntry { Creds = new CredsEntry { CapEff = { 1, 1 << 8 | 1 << 9 }, LsmProfile = "docker-default" }, SeccompMode = global::KubeCheckpoint.Criu.Messages.SeccompMode.Filter };
        core.Tc.TaskState = 3;
        core.Tc.StopSigno = 19;
        using var content = new SyntheticCheckpoint().Task(1, 0, core).Open();

        var process = Assert.Single(Read(content));

        Assert.Equal(["CAP_CHOWN", "CAP_CHECKPOINT_RESTORE", "CAP_41"], process.Capabilities!.Effective);
        Assert.Equal((SeccompMode.Filter, "docker-default", CheckpointProcessState.Stopped, 19), (process.SeccompMode, process.LsmLabel, process.State, process.StopSignal));
    }

    [Fact]
    public void Older_images_with_separate_files_count_too()
    {
        // CRIU before 1.7: creds-1.img.
        using var content = new SyntheticCheckpoint().Task(1, 0, Core("old")).Add("creds-1.img", CriuImageType.ByName["CREDS"], new CredsEntry { Uid = 7 }).Open();

        Assert.Equal(7u, Assert.Single(Read(content)).UserId);
    }

    [Theory]
    [InlineData(0x7ffc_0000_0100, 0x7ffc_0000_0040)]
    [InlineData(0, 0)]
    public void Ranges_that_end_before_they_begin_are_no_arguments(ulong start, ulong end)
    {
        var (bytes, mm) = Stack(1, "app\0"u8, "A=1\0"u8);
        (mm.MmArgStart, mm.MmArgEnd, mm.MmEnvStart, mm.MmEnvEnd) = (start, end, start, end);

        var process = ReadOne((bytes, mm));

        Assert.Equal(("", true), (process.CommandLine, process.IsCommandLineComplete));
        Assert.Empty(process.Environment!);
    }

    [Theory]
    [InlineData(StackAddress, ulong.MaxValue)]
    [InlineData(StackAddress + StringsOffset, 1UL << 63)]
    [InlineData(ulong.MaxValue - 1, ulong.MaxValue)]
    [InlineData(0UL, ulong.MaxValue)]
    public void Arguments_without_an_end_are_cut(ulong start, ulong end)
    {
        var (bytes, mm) = Stack(1, "app\0"u8, "A=1\0"u8);
        (mm.MmArgStart, mm.MmArgEnd, mm.MmEnvStart, mm.MmEnvEnd, mm.MmStartStack) = (start, end, start, end, ulong.MaxValue - 2);

        var process = ReadOne((bytes, mm));

        Assert.False(process.IsCommandLineComplete);
        Assert.False(process.IsEnvironmentComplete);
    }

    [Fact]
    public void No_more_is_read_than_a_kernel_would_give_a_process()
    {
        var bytes = new byte[8 * 1024 * 1024];
        bytes.AsSpan().Fill((byte)'a');
        var mm = new MmEntry { MmArgStart = StackAddress, MmArgEnd = StackAddress + (ulong)bytes.Length, MmStartStack = StackAddress };

        var process = ReadOne((bytes, mm));

        Assert.Equal((6 * 1024 * 1024, false), (process.CommandLine!.Length, process.IsCommandLineComplete));
    }

    [Fact]
    public void Cycles_and_duplicates_are_listed_once_each()
    {
        using var content = new SyntheticCheckpoint().Task(0, 0, Core("zero")).Task(1, 3, Core("a")).Task(2, 1, Core("b")).Task(3, 2, Core("c"))
            .Task(4, 4, Core("self")).Task(2, 1).Open();

        var processes = Read(content, asTree: true);

        Assert.Equal([(0, 0), (4, 0), (1, 0), (2, 1), (3, 2), (2, 1)], processes.Select(process => (process.Id, process.Depth)));
    }

    [Fact]
    public void Children_of_unrequested_processes_are_below_the_nearest_ancestor()
    {
        using var content = new SyntheticCheckpoint().Task(1, 0, Core("init")).Task(2, 1, Core("hidden")).Task(3, 2, Core("hidden")).Task(4, 3, Core("leaf"))
            .Task(5, 99, Core("lost")).Open();
        var query = new ProcessQuery { AsTree = true, Filter = (_, name) => name != "hidden" };

        var lines = CheckpointProcessReader.Read(content, query, CancellationToken.None).Select(process => process.TreePrefix + process.Name);

        Assert.Equal(["init", "└─ leaf", "lost"], lines);
    }

    [Fact]
    public void A_chain_of_very_many_processes_is_a_tree()
    {
        var checkpoint = new SyntheticCheckpoint();
        for (var id = 1u; id <= 20_000; id++)
            checkpoint.Task(id, id - 1);
        using var content = checkpoint.Open();

        var processes = Read(content, asTree: true);

        Assert.Equal(20_000, processes.Count);
        Assert.Equal(19_999, processes[^1].Depth);
        Assert.All(processes, process => Assert.InRange(process.TreePrefix.Length, 0, 3 * 64));
    }

    [Fact]
    public void Impossible_ids_are_refused()
    {
        using var content = new SyntheticCheckpoint().Task(uint.MaxValue, 0, Core("x")).Open();

        var failure = Assert.Throws<KubeCheckpointException>(() => Read(content));

        Assert.Equal("CriuImageDamaged", failure.ErrorId);
        Assert.Contains("pstree.img", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_threads_than_images_are_refused()
    {
        using var content = new SyntheticCheckpoint().Task(1, 0, Core("x"), [.. Enumerable.Range(1, 1000).Select(id => (uint)id)]).Open();

        Assert.Equal("CriuImageDamaged", Assert.Throws<KubeCheckpointException>(() => Read(content)).ErrorId);
    }

    [Fact]
    public void A_process_without_images_is_listed()
    {
        using var content = new SyntheticCheckpoint().Task(1, 0).Open();

        var process = Assert.Single(Read(content));

        Assert.Equal(("", CheckpointProcessState.Unknown, ""), (process.Name, process.State, process.CommandLine));
    }

    private static void AssertIsMissing(CheckpointProcess process)
    {
        Assert.Equal(("app", null, false), (process.Name, process.CommandLine, process.IsCommandLineComplete));
        Assert.Null(process.Arguments);
        Assert.Null(process.Environment);
        Assert.False(process.IsEnvironmentComplete);
    }

    private static CoreEntry Core(string name, CoreEntry.Types.March machine = CoreEntry.Types.March.X8664) =>
        new() { Mtype = machine, Tc = new TaskCoreEntry { TaskState = 1, Comm = name } };

    // An image with one message in which some bytes are replaced.
    private static byte[] Image(CriuImageType type, byte[] message, ReadOnlySpan<byte> old, byte[] replacement)
    {
        replacement.CopyTo(message.AsSpan(message.AsSpan().LastIndexOf(old)));
        return CriuImageBytes.OfBytes(type, [message]);
    }

    private static byte[] Padded(string text, int length) => [.. Encoding.UTF8.GetBytes(text), .. new byte[length - text.Length]];

    // A stack as the kernel lays it out: the number of arguments at its start, the arguments and the environment at its end.
    private static (byte[] Bytes, MmEntry Mm) Stack(int count, ReadOnlySpan<byte> arguments, ReadOnlySpan<byte> environment)
    {
        var bytes = new byte[StringsOffset + arguments.Length + environment.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, count);
        arguments.CopyTo(bytes.AsSpan(StringsOffset));
        environment.CopyTo(bytes.AsSpan(StringsOffset + arguments.Length));
        var start = StackAddress + StringsOffset;
        return (bytes, new MmEntry
        {
            MmStartStack = StackAddress,
            MmArgStart = start,
            MmArgEnd = start + (ulong)arguments.Length,
            MmEnvStart = start + (ulong)arguments.Length,
            MmEnvEnd = StackAddress + (ulong)bytes.Length,
        });
    }

    private static CheckpointProcess ReadOne((byte[] Bytes, MmEntry Mm) stack)
    {
        using var content = new SyntheticCheckpoint().Task(1, 0, Core("app")).Memory(1, StackAddress, stack.Bytes, stack.Mm).Open();
        return Assert.Single(Read(content));
    }

    private static List<CheckpointProcess> Read(CheckpointContent content, bool asTree = false) =>
        [.. CheckpointProcessReader.Read(content, new ProcessQuery { IncludeEnvironment = true, AsTree = asTree }, CancellationToken.None)];
}
