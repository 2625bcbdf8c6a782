using Google.Protobuf;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Contents;

/// <summary>
/// The open files of a checkpoint without files.img: older CRIU wrote an image for each type of file (names: CRIU,
/// criu/image-desc.c), and separate images for what an epoll or inotify watches.
/// </summary>
internal sealed class FileImages(CheckpointImages images)
{
    private readonly ILookup<uint, EventpollTfdEntry> _watched =
        (images.ReadAll<EventpollTfdEntry>("eventpoll-tfd.img", CriuImageType.ByName["EVENTPOLL_TFD"]) ?? []).ToLookup(one => one.Id);

    private readonly ILookup<uint, InotifyWdEntry> _watches =
        (images.ReadAll<InotifyWdEntry>("inotify-wd.img", CriuImageType.ByName["INOTIFY_WD"]) ?? []).ToLookup(one => one.Id);

    public IEnumerable<FileEntry> Read() =>
    [
        .. Of<RegFileEntry>("reg-files", "REG_FILES", entry => new() { Type = FdTypes.Reg, Id = entry.Id, Reg = entry }),
        .. Of<PipeEntry>("pipes", "PIPES", entry => new() { Type = FdTypes.Pipe, Id = entry.Id, Pipe = entry }),
        .. Of<FifoEntry>("fifo", "FIFO", entry => new() { Type = FdTypes.Fifo, Id = entry.Id, Fifo = entry }),
        .. Of<InetSkEntry>("inetsk", "INETSK", entry => new() { Type = FdTypes.Inetsk, Id = entry.Id, Isk = entry }),
        .. Of<UnixSkEntry>("unixsk", "UNIXSK", entry => new() { Type = FdTypes.Unixsk, Id = entry.Id, Usk = entry }),
        .. Of<PacketSockEntry>("packetsk", "PACKETSK", entry => new() { Type = FdTypes.Packetsk, Id = entry.Id, Psk = entry }),
        .. Of<NetlinkSkEntry>("netlinksk", "NETLINK_SK", entry => new() { Type = FdTypes.Netlinksk, Id = entry.Id, Nlsk = entry }),
        .. Of<EventfdFileEntry>("eventfd", "EVENTFD_FILE", entry => new() { Type = FdTypes.Eventfd, Id = entry.Id, Efd = entry }),
        .. Of<EventpollFileEntry>("eventpoll", "EVENTPOLL_FILE", WithWatched),
        .. Of<SignalfdEntry>("signalfd", "SIGNALFD", entry => new() { Type = FdTypes.Signalfd, Id = entry.Id, Sgfd = entry }),
        .. Of<InotifyFileEntry>("inotify", "INOTIFY_FILE", WithWatches),
        .. Of<FanotifyFileEntry>("fanotify", "FANOTIFY_FILE", entry => new() { Type = FdTypes.Fanotify, Id = entry.Id, Ffy = entry }),
        .. Of<TtyFileEntry>("tty", "TTY_FILES", entry => new() { Type = FdTypes.Tty, Id = entry.Id, Tty = entry }),
        .. Of<NsFileEntry>("ns-files", "NS_FILES", entry => new() { Type = FdTypes.Ns, Id = entry.Id, Nsf = entry }),
        .. Of<TunfileEntry>("tunfile", "TUNFILE", entry => new() { Type = FdTypes.Tunf, Id = entry.Id, Tunf = entry }),
        .. Of<ExtFileEntry>("ext-files", "EXT_FILES", entry => new() { Type = FdTypes.Ext, Id = entry.Id, Ext = entry }),
        .. Of<TimerfdEntry>("timerfd", "TIMERFD", entry => new() { Type = FdTypes.Timerfd, Id = entry.Id, Tfd = entry }),
    ];

    private FileEntry WithWatched(EventpollFileEntry entry)
    {
        entry.Tfd.AddRange(_watched[entry.Id]);
        return new() { Type = FdTypes.Eventpoll, Id = entry.Id, Epfd = entry };
    }

    private FileEntry WithWatches(InotifyFileEntry entry)
    {
        entry.Wd.AddRange(_watches[entry.Id]);
        return new() { Type = FdTypes.Inotify, Id = entry.Id, Ify = entry };
    }

    private IEnumerable<FileEntry> Of<T>(string name, string type, Func<T, FileEntry> wrap)
        where T : class, IMessage<T>
        => (images.ReadAll<T>(name + ".img", CriuImageType.ByName[type]) ?? []).Select(wrap);
}
