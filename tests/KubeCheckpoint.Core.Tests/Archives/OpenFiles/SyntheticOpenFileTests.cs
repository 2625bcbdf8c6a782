using KubeCheckpoint.Archives.OpenFiles;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Archives.OpenFiles;

/// <summary>Open files that are in no real archive of the tests, and invalid archives.</summary>
public sealed class SyntheticOpenFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_descriptor_without_its_file_still_has_its_type()
    {
        var file = ReadOne(new CheckpointBuilder().Tree(1).Process(1, new FdinfoEntry { Fd = 3, Id = 77, Type = FdTypes.Tty, Flags = 1 }).Files());

        Assert.Equal((OpenFileType.Tty, null, 77L, true), (file.Type, file.Target, file.FileId, file.CloseOnExec));
        Assert.Equal(["O_CLOEXEC"], file.Flags);
    }

    [Fact]
    public void Without_files_img_there_is_no_target()
    {
        var file = ReadOne(new CheckpointBuilder().Tree(1).Process(1, new FdinfoEntry { Fd = 3, Id = 1, Type = FdTypes.Reg }));

        Assert.Equal((OpenFileType.RegularFile, null, null), (file.Type, file.Target, file.Position));
    }

    [Fact]
    public void Without_fdinfo_or_ids_there_are_no_descriptors()
    {
        Assert.Empty(Read(new CheckpointBuilder().Tree(1, 2).Task(1, 1).Files(Regular(1))));
    }

    [Fact]
    public void Without_a_process_tree_it_is_no_checkpoint()
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => Read(new CheckpointBuilder().Files(Regular(1))));

        Assert.Equal("ArchiveMemberMissing", failure.ErrorId);
        Assert.Contains("checkpoint/pstree.img", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_files_with_the_same_id_give_a_result()
    {
        var file = ReadOne(new CheckpointBuilder().Tree(1).Process(1, Fd(3, 1)).Files(Regular(1, "/a"), Regular(1, "/b")));

        Assert.Equal("/b", file.Target);
    }

    [Theory]
    [InlineData(new byte[] { 0x08, 21, 0x10, 1 })]
    [InlineData(new byte[] { 0x08, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x10, 1 })]
    [InlineData(new byte[] { 0x10, 1 })]
    public void An_unrecognised_type_is_unknown(byte[] entry)
    {
        var file = ReadOne(new CheckpointBuilder().Tree(1).Process(1, Fd(3, 1)).Files(FileEntry.Parser.ParseFrom(entry)));

        Assert.Equal((OpenFileType.Unknown, null, null), (file.Type, file.Target, file.Access));
        Assert.Empty(file.Flags);
    }

    [Fact]
    public void Damage_is_named_with_member_and_offset()
    {
        var builder = new CheckpointBuilder().Tree(1).Process(1, Fd(3, 1))
            .Member("checkpoint/files.img", [.. CriuImageBytes.Of(CriuImageType.Files, Regular(1)), 0xff, 0xff, 0xff]);

        var failure = Assert.Throws<KubeCheckpointException>(() => Read(builder));

        Assert.Equal("CriuImageDamaged", failure.ErrorId);
        Assert.Matches("Member 'checkpoint/files.img' of '.*' is damaged at offset [0-9]+", failure.Message);
    }

    public static TheoryData<string, string?, string?> Others => new()
    {
        { "namespace", "net:[10]", null },
        { "tun", "/dev/net/tun", "tap0" },
        { "pidfd", "anon_inode:[pidfd]", "process 12" },
        { "bpf", "anon_inode:bpf-map", "conns type 1, 100 entries" },
        { "fanotify", "anon_inode:[fanotify]", "watches /data, mount 5, inode 6" },
        { "external", null, null },
        { "pty", "/dev/pts/4", "session 1, foreground 9" },
        { "terminal with a name", "/dev/console", null },
        { "packet", "socket:[?]", "ALL * * UNCONNECTED" },
        { "shared memory", "/dev/zero (deleted)", null },
        { "disarmed timer", "anon_inode:[timerfd]", "CLOCK_BOOTTIME, disarmed" },
        { "real-time signal", "anon_inode:[signalfd]", "SIGCHLD, SIGRTMIN+2" },
        { "crowd", "anon_inode:[eventpoll]", "watches " + string.Join(", ", Enumerable.Range(0, 32)) + " and 9968 more" },
        { "empty", null, null },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void Others_have_target_and_detail(string what, string? target, string? detail)
    {
        var file = ReadOne(new CheckpointBuilder().Tree(1).Process(1, Fd(3, 1)).Files(Make(what), Regular(2, "/dev/console"))
            .Image("tty-info", "TTY_INFO", new TtyInfoEntry { Id = 4, Sid = 1, Pgrp = 9, Pty = new TtyPtyEntry { Index = 4 } })
            .Image("memfd", "MEMFD_INODE", new MemfdInodeEntry { InodeId = 1, Name = "/dev/zero" }));

        Assert.Equal((target, detail), (file.Target, file.Detail));
    }

    [Fact]
    public void Files_without_a_name_are_deleted_whatever_kept_them()
    {
        var files = Read(new CheckpointBuilder().Tree(1).Process(1, Fd(3, 1), Fd(4, 2), Fd(5, 3), Fd(6, 4))
            .Files(Regular(1, "/ghost"), Regular(2, "/linked"), Regular(3, "/named (deleted)"), Regular(4, "/there"))
            .Image("remap-fpath", "REMAP_FPATH", new RemapFilePathEntry { OrigId = 1, RemapType = RemapType.Ghost }, new RemapFilePathEntry { OrigId = 2, RemapType = RemapType.Linked }));

        Assert.Equal(["/ghost (deleted)", "/linked (deleted)", "/named (deleted)", "/there"], files.Select(file => file.Target));
        Assert.Equal([true, true, true, false], files.Select(file => file.Deleted));
    }

    // The same names on x86_64 and arm64, which have different numbers for them (open(2); arch/arm64/include/uapi/asm/fcntl.h).
    [Theory]
    [InlineData(nameof(CoreEntry.Types.March.X8664), 0x38c02u, "O_RDWR O_APPEND O_NONBLOCK O_LARGEFILE O_DIRECTORY O_NOFOLLOW")]
    [InlineData(nameof(CoreEntry.Types.March.Aarch64), 0x2cc02u, "O_RDWR O_APPEND O_NONBLOCK O_LARGEFILE O_DIRECTORY O_NOFOLLOW")]
    [InlineData(nameof(CoreEntry.Types.March.Aarch64), 0x10000u, "O_RDONLY O_DIRECT")]
    [InlineData(nameof(CoreEntry.Types.March.Ppc64), 0x10000u, "O_RDONLY O_LARGEFILE")]
    [InlineData(nameof(CoreEntry.Types.March.Mips), 0x8u, "O_RDONLY O_APPEND")]
    [InlineData(nameof(CoreEntry.Types.March.X8664), 0x101001u, "O_WRONLY O_SYNC")]
    [InlineData(nameof(CoreEntry.Types.March.X8664), 0x1001u, "O_WRONLY O_DSYNC")]
    [InlineData(nameof(CoreEntry.Types.March.X8664), 0x410000u, "O_RDONLY O_TMPFILE")]
    [InlineData(nameof(CoreEntry.Types.March.X8664), 0x80000003u, "O_ACCMODE 0x80000000")]
    public void Flags_are_those_of_the_architecture(string machine, uint flags, string names)
    {
        var file = ReadOne(new CheckpointBuilder().Tree(1).Task(1, 1, Enum.Parse<CoreEntry.Types.March>(machine)).Image("fdinfo-1", "FDINFO", Fd(3, 1)).Files(Regular(1, flags: flags)));

        Assert.Equal(names.Split(' '), file.Flags);
    }

    [Theory]
    [InlineData(0x81edu, "-rwxr-xr-x")]
    [InlineData(0x89edu, "-rwsr-xr-x")]
    [InlineData(0x85a4u, "-rw-r-Sr--")]
    [InlineData(0x43ffu, "drwxrwxrwt")]
    [InlineData(0x61b0u, "brw-rw----")]
    [InlineData(0xffffffffu, "?rwsrwsrwt")]
    public void Modes_are_those_of_ls(uint mode, string text)
    {
        var entry = Regular(1);
        entry.Reg.Mode = mode;

        Assert.Equal(text, ReadOne(new CheckpointBuilder().Tree(1).Process(1, Fd(3, 1)).Files(entry)).Mode);
    }

    [Fact]
    public void Locks_of_every_kind_are_listed_except_those_without_an_owner()
    {
        var files = Read(new CheckpointBuilder().Tree(1, 2, 3).Process(1, Fd(3, 1)).Process(2, Fd(4, 1)).Task(3, 2).Files(Regular(1)).Image(
            "filelocks",
            "FILE_LOCKS",
            new FileLockEntry { Flag = 1, Type = 0, Pid = 1, Fd = 3, Start = 5, Len = 1 },
            new FileLockEntry { Flag = 4, Type = 1, Pid = 3, Fd = 4, Start = 0, Len = 0 },
            new FileLockEntry { Flag = 8, Type = 2, Pid = 2, Fd = 4 },
            new FileLockEntry { Flag = 99, Type = 7, Pid = 2, Fd = 4, Start = -1, Len = long.MinValue },
            new FileLockEntry { Flag = 2, Type = 1, Pid = 77, Fd = -3 }));

        Assert.Equal(
            ["1: POSIX READ 5 5, OFDLCK WRITE 0 EOF", "2: LEASE ? 0 EOF, UNKNOWN ? -1 EOF, OFDLCK WRITE 0 EOF", "3: OFDLCK WRITE 0 EOF"],
            files.Select(file => $"{file.ProcessId}: {string.Join(", ", file.Locks)}"));
    }

    [Fact]
    public void The_images_of_older_criu_are_read()
    {
        var builder = new CheckpointBuilder().Tree(1).Process(1, [.. Enumerable.Range(1, 12).Select(id => Fd((uint)id, (uint)id))])
            .Image("reg-files", "REG_FILES", new RegFileEntry { Id = 1, Name = "/a" }, new RegFileEntry { Id = 20, Name = "/fifo" })
            .Image("pipes", "PIPES", new PipeEntry { Id = 2, PipeId = 9 })
            .Image("fifo", "FIFO", new FifoEntry { Id = 3, PipeId = 9, RegfId = 20 })
            .Image("eventfd", "EVENTFD_FILE", new EventfdFileEntry { Id = 4, Counter = 1 })
            .Image("eventpoll", "EVENTPOLL_FILE", new EventpollFileEntry { Id = 5 })
            .Image("eventpoll-tfd", "EVENTPOLL_TFD", new EventpollTfdEntry { Id = 5, Tfd = 4 }, new EventpollTfdEntry { Id = 6, Tfd = 1 })
            .Image("signalfd", "SIGNALFD", new SignalfdEntry { Id = 6 })
            .Image("inotify", "INOTIFY_FILE", new InotifyFileEntry { Id = 7 })
            .Image("inotify-wd", "INOTIFY_WD", new InotifyWdEntry { Id = 7, IIno = 3 })
            .Image("fanotify", "FANOTIFY_FILE", new FanotifyFileEntry { Id = 8 })
            .Image("tty", "TTY_FILES", new TtyFileEntry { Id = 9 })
            .Image("ns-files", "NS_FILES", new NsFileEntry { Id = 10 })
            .Image("timerfd", "TIMERFD", new TimerfdEntry { Id = 11 })
            .Image("tunfile", "TUNFILE", new TunfileEntry { Id = 12 });
        var files = Read(builder);

        Assert.Equal(
            [
                OpenFileType.RegularFile, OpenFileType.Pipe, OpenFileType.Fifo, OpenFileType.EventFd, OpenFileType.EventPoll, OpenFileType.SignalFd,
                OpenFileType.Inotify, OpenFileType.Fanotify, OpenFileType.Tty, OpenFileType.Namespace, OpenFileType.TimerFd, OpenFileType.Tun,
            ],
            files.Select(file => file.Type));
        Assert.Equal(("/a", "/fifo", "watches 4", "watches inode 3"), (files[0].Target, files[2].Target, files[4].Detail, files[6].Detail));
    }

    private static FileEntry Make(string what) => what switch
    {
        "namespace" => new() { Id = 1, Type = FdTypes.Ns, Nsf = new NsFileEntry { NsId = 10, NsCflag = 0x40000000 } },
        "tun" => new() { Id = 1, Type = FdTypes.Tunf, Tunf = new TunfileEntry { Netdev = "tap0" } },
        "pidfd" => new() { Id = 1, Type = FdTypes.Pidfd, Pidfd = new PidfdEntry { Nspid = 12 } },
        "bpf" => new() { Id = 1, Type = FdTypes.Bpfmap, Bpf = new BpfmapFileEntry { MapName = "conns", MapType = 1, MaxEntries = 100 } },
        "fanotify" => new() { Id = 1, Type = FdTypes.Fanotify, Ffy = new FanotifyFileEntry { Mark = { Marks } } },
        "external" => new() { Id = 1, Type = FdTypes.Ext, Ext = new ExtFileEntry() },
        "pty" => new() { Id = 1, Type = FdTypes.Tty, Tty = new TtyFileEntry { TtyInfoId = 4 } },
        "terminal with a name" => new() { Id = 1, Type = FdTypes.Tty, Tty = new TtyFileEntry { TtyInfoId = 99, RegfId = 2 } },
        "packet" => new() { Id = 1, Type = FdTypes.Packetsk, Psk = new PacketSockEntry { Protocol = 0x0300 } },
        "shared memory" => new() { Id = 1, Type = FdTypes.Memfd, Memfd = new MemfdFileEntry { InodeId = 1 } },
        "disarmed timer" => new() { Id = 1, Type = FdTypes.Timerfd, Tfd = new TimerfdEntry { Clockid = 7, Isec = 5 } },
        "real-time signal" => new() { Id = 1, Type = FdTypes.Signalfd, Sgfd = new SignalfdEntry { Sigmask = 1ul << 16 | 1ul << 33 } },
        "crowd" => new() { Id = 1, Type = FdTypes.Eventpoll, Epfd = new EventpollFileEntry { Tfd = { Enumerable.Range(0, 10000).Select(fd => new EventpollTfdEntry { Tfd = (uint)fd }) } } },
        _ => new() { Id = 1, Type = FdTypes.Memfd },
    };

    private static IEnumerable<FanotifyMarkEntry> Marks =>
    [
        new() { Me = new FanotifyMountMarkEntry { Path = "/data" } },
        new() { Me = new FanotifyMountMarkEntry { MntId = 5 } },
        new() { Ie = new FanotifyInodeMarkEntry { IIno = 6 } },
    ];

    private static FdinfoEntry Fd(uint number, uint fileId) => new() { Fd = number, Id = fileId };

    private static FileEntry Regular(uint id, string name = "/file", uint flags = 0) =>
        new() { Id = id, Type = FdTypes.Reg, Reg = new RegFileEntry { Id = id, Name = name, Flags = flags } };

    private CheckpointOpenFile ReadOne(CheckpointBuilder builder) => Assert.Single(Read(builder));

    private List<CheckpointOpenFile> Read(CheckpointBuilder builder) => [.. OpenFileReader.Read(builder.Save(_folder), (_, _) => true, CancellationToken.None)];
}
