namespace KubeCheckpoint;

/// <summary>The type of an open file: the types of CRIU's fdinfo, with regular files divided by their mode.</summary>
public enum OpenFileType
{
    /// <summary>A type that this module does not know.</summary>
    Unknown,

    /// <summary>A regular file, or one whose mode the archive does not say.</summary>
    RegularFile,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A character device that is no terminal, such as <c>/dev/null</c>.</summary>
    CharacterDevice,

    /// <summary>A block device.</summary>
    BlockDevice,

    /// <summary>One end of a pipe without a name.</summary>
    Pipe,

    /// <summary>A named pipe.</summary>
    Fifo,

    /// <summary>A TCP, UDP, UDP-Lite, ICMP or raw socket, IPv4 or IPv6.</summary>
    InetSocket,

    /// <summary>A unix domain socket.</summary>
    UnixSocket,

    /// <summary>A netlink socket.</summary>
    NetlinkSocket,

    /// <summary>A packet socket.</summary>
    PacketSocket,

    /// <summary>An eventfd.</summary>
    EventFd,

    /// <summary>An epoll instance.</summary>
    EventPoll,

    /// <summary>An inotify instance.</summary>
    Inotify,

    /// <summary>A fanotify group.</summary>
    Fanotify,

    /// <summary>A signalfd.</summary>
    SignalFd,

    /// <summary>A timerfd.</summary>
    TimerFd,

    /// <summary>A file in memory without a name (memfd_create), or shared anonymous memory.</summary>
    Memfd,

    /// <summary>A terminal or pseudoterminal.</summary>
    Tty,

    /// <summary>A namespace.</summary>
    Namespace,

    /// <summary>A TUN or TAP device.</summary>
    Tun,

    /// <summary>A BPF map.</summary>
    BpfMap,

    /// <summary>A process (pidfd_open).</summary>
    PidFd,

    /// <summary>Something that a plugin of CRIU dumped.</summary>
    External,
}
