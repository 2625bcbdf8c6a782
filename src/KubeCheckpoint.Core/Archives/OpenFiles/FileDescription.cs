using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Descriptors;
using KubeCheckpoint.Archives.Sockets;
using KubeCheckpoint.Criu.Files;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.OpenFiles;

/// <summary>Builds the description of a descriptor from the images of a checkpoint.</summary>
internal sealed class FileDescription(CheckpointImages images)
{
    private const string DeletedSuffix = " (deleted)";

    private readonly OpenFileImages _beside = new(images);
    private readonly FileLocks _locks = new(images);
    private readonly SocketDescription _sockets = new(images);

    public CheckpointOpenFile Of(ProcessDescriptor descriptor)
    {
        var file = descriptor.File;
        var regular = RegularFileOf(file);
        var memfd = file?.Memfd is { } opened ? _beside.MemfdOf(opened) : null;
        var flags = FlagsOf(file) ?? regular?.Flags;
        var closeOnExec = (descriptor.Entry.Flags & OpenFlags.CloseOnExecDescriptor) != 0;
        var deleted = IsDeleted(regular, memfd);
        return new CheckpointOpenFile
        {
            ArchivePath = images.Content.Path,
            ProcessId = descriptor.ProcessId,
            ProcessName = descriptor.ProcessName,
            Descriptor = descriptor.Number,
            Type = TypeOf(descriptor.Type, regular),
            Target = TargetOf(file, regular, memfd, deleted),
            Detail = file is null ? null : _sockets.Of(descriptor)?.ToString() ?? new FileDetail(_beside).Of(file),
            Flags = flags is { } bits ? descriptor.Flags.NamesOf(bits, closeOnExec) : closeOnExec ? ["O_CLOEXEC"] : [],
            Access = flags is { } mode ? OpenFlags.AccessOf(mode) : null,
            CloseOnExec = closeOnExec,
            Position = PositionOf(file),
            Size = regular is { HasSize: true } ? (long)regular.Size : memfd is { HasSize: true } ? (long)memfd.Size : null,
            Mode = regular is { HasMode: true } ? FileModeText.Of(regular.Mode) : memfd is { HasMode: true } ? FileModeText.Of(memfd.Mode) : null,
            Deleted = deleted,
            MountId = regular is { MntId: >= 0 } ? regular.MntId : null,
            FileId = descriptor.Entry.Id,
            Locks = _locks.Of(descriptor),
        };
    }

    // A fifo and a terminal keep their name in a regular file of their own.
    private RegFileEntry? RegularFileOf(FileEntry? file)
    {
        if (file?.Reg is { } regular)
            return regular;
        return (file?.Fifo?.RegfId ?? file?.Tty?.RegfId) is { } id ? images.Files.GetValueOrDefault(id)?.Reg : null;
    }

    private bool IsDeleted(RegFileEntry? regular, MemfdInodeEntry? memfd) => memfd is not null
        || (regular is not null && (_beside.IsRemapped(regular.Id) || regular.Name.EndsWith(DeletedSuffix, StringComparison.Ordinal)));

    private static OpenFileType TypeOf(FdTypes type, RegFileEntry? regular) => type switch
    {
        FdTypes.Reg => (regular?.Mode & FileModeText.TypeMask) switch
        {
            FileModeText.CharacterDevice => OpenFileType.CharacterDevice,
            FileModeText.Directory => OpenFileType.Directory,
            FileModeText.BlockDevice => OpenFileType.BlockDevice,
            _ => OpenFileType.RegularFile,
        },
        FdTypes.Pipe => OpenFileType.Pipe,
        FdTypes.Fifo => OpenFileType.Fifo,
        FdTypes.Inetsk => OpenFileType.InetSocket,
        FdTypes.Unixsk => OpenFileType.UnixSocket,
        FdTypes.Netlinksk => OpenFileType.NetlinkSocket,
        FdTypes.Packetsk => OpenFileType.PacketSocket,
        FdTypes.Eventfd => OpenFileType.EventFd,
        FdTypes.Eventpoll => OpenFileType.EventPoll,
        FdTypes.Inotify => OpenFileType.Inotify,
        FdTypes.Fanotify => OpenFileType.Fanotify,
        FdTypes.Signalfd => OpenFileType.SignalFd,
        FdTypes.Timerfd => OpenFileType.TimerFd,
        FdTypes.Memfd => OpenFileType.Memfd,
        FdTypes.Tty => OpenFileType.Tty,
        FdTypes.Ns => OpenFileType.Namespace,
        FdTypes.Tunf => OpenFileType.Tun,
        FdTypes.Bpfmap => OpenFileType.BpfMap,
        FdTypes.Pidfd => OpenFileType.PidFd,
        FdTypes.Ext => OpenFileType.External,
        _ => OpenFileType.Unknown,
    };

    private string? TargetOf(FileEntry? file, RegFileEntry? regular, MemfdInodeEntry? memfd, bool deleted)
    {
        if (regular is not null)
            return Marked(regular.Name, deleted);
        return file switch
        {
            null => null,
            { Pipe: { } pipe } => $"pipe:[{DetailText.Of(pipe.PipeId)}]",
            { Fifo: { } fifo } => $"pipe:[{DetailText.Of(fifo.PipeId)}]",
            { Isk: { } socket } => $"socket:[{DetailText.Of(socket.Ino)}]",
            { Usk: { } socket } => $"socket:[{DetailText.Of(socket.Ino)}]",
            { Nlsk: { } socket } => $"socket:[{DetailText.Of(socket.Ino)}]",
            { Psk: not null } => "socket:[?]",
            { Efd: not null } => "anon_inode:[eventfd]",
            { Epfd: not null } => "anon_inode:[eventpoll]",
            { Ify: not null } => "anon_inode:inotify",
            { Ffy: not null } => "anon_inode:[fanotify]",
            { Sgfd: not null } => "anon_inode:[signalfd]",
            { Tfd: not null } => "anon_inode:[timerfd]",
            { Pidfd: not null } => "anon_inode:[pidfd]",
            { Bpf: not null } => "anon_inode:bpf-map",
            { Memfd: not null } => memfd is null ? null : Marked(MemfdName(memfd.Name), deleted),
            { Tunf: not null } => "/dev/net/tun",
            { Nsf: { } ns } => $"{NamespaceKind.Of(ns.NsCflag)}:[{DetailText.Of(ns.NsId)}]",
            { Tty: { } tty } => _beside.TerminalOf(tty)?.Pty is { HasIndex: true } pty ? $"/dev/pts/{DetailText.Of(pty.Index)}" : null,
            _ => null,
        };
    }

    private static string Marked(string name, bool deleted) =>
        deleted && !name.EndsWith(DeletedSuffix, StringComparison.Ordinal) ? name + DeletedSuffix : name;

    // Shared anonymous memory is dumped as a memfd with this name.
    private static string MemfdName(string name) => name == "/dev/zero" ? name : "/memfd:" + name;

    private static uint? FlagsOf(FileEntry? file) => file switch
    {
        { Reg: { HasFlags: true } entry } => entry.Flags,
        { Pipe: { HasFlags: true } entry } => entry.Flags,
        { Isk: { HasFlags: true } entry } => entry.Flags,
        { Usk: { HasFlags: true } entry } => entry.Flags,
        { Nlsk: { HasFlags: true } entry } => entry.Flags,
        { Psk: { HasFlags: true } entry } => entry.Flags,
        { Efd: { HasFlags: true } entry } => entry.Flags,
        { Epfd: { HasFlags: true } entry } => entry.Flags,
        { Ify: { HasFlags: true } entry } => entry.Flags,
        { Ffy: { HasFlags: true } entry } => entry.Flags,
        { Sgfd: { HasFlags: true } entry } => entry.Flags,
        { Tfd: { HasFlags: true } entry } => entry.Flags,
        { Tty: { HasFlags: true } entry } => entry.Flags,
        { Nsf: { HasFlags: true } entry } => entry.Flags,
        { Memfd: { HasFlags: true } entry } => entry.Flags,
        { Bpf: { HasFlags: true } entry } => entry.Flags,
        { Pidfd: { HasFlags: true } entry } => entry.Flags,
        _ => null,
    };

    private static long? PositionOf(FileEntry? file) => file switch
    {
        { Reg: { HasPos: true } entry } => (long)entry.Pos,
        { Memfd: { HasPos: true } entry } => (long)entry.Pos,
        { Bpf: { HasPos: true } entry } => (long)entry.Pos,
        _ => null,
    };
}
