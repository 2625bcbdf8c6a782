using System.Collections.Frozen;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Criu.Images;

/// <summary>A type of CRIU image.</summary>
/// <param name="Name">The name that <c>crit</c> prints: <c>CORE</c>, <c>PAGEMAP</c>.</param>
/// <param name="Magic">The type magic (CRIU, criu/include/magic.h).</param>
/// <param name="Parser">The parser of its entries.</param>
/// <param name="Payload">The bytes that follow its messages.</param>
internal sealed record CriuImageType(string Name, uint Magic, MessageParser Parser, CriuPayload Payload = CriuPayload.None)
{
    /// <summary>The first magic of most images.</summary>
    public const uint CommonMagic = 0x54564319;

    /// <summary>The first magic of <c>stats-*</c> and <c>irmap-cache</c>.</summary>
    public const uint ServiceMagic = 0x55105940;

    public static readonly CriuImageType Core = new("CORE", 0x55053847, CoreEntry.Parser);
    public static readonly CriuImageType Fdinfo = new("FDINFO", 0x56213732, FdinfoEntry.Parser);
    public static readonly CriuImageType Files = new("FILES", 0x56303138, FileEntry.Parser);
    public static readonly CriuImageType Fs = new("FS", 0x51403912, FsEntry.Parser);
    public static readonly CriuImageType GhostFile = new("GHOST_FILE", 0x52583605, GhostFileEntry.Parser, CriuPayload.GhostFile);
    public static readonly CriuImageType Ids = new("IDS", 0x54432030, TaskKobjIdsEntry.Parser);
    public static readonly CriuImageType Inventory = new("INVENTORY", 0x58313116, InventoryEntry.Parser);
    public static readonly CriuImageType MemfdInode = new("MEMFD_INODE", 0x48453499, MemfdInodeEntry.Parser);
    public static readonly CriuImageType Mm = new("MM", 0x57492820, MmEntry.Parser);
    public static readonly CriuImageType Mounts = new("MNTS", 0x55563928, MntEntry.Parser);
    public static readonly CriuImageType Pagemap = new("PAGEMAP", 0x56084025, PagemapEntry.Parser, CriuPayload.Pagemap);
    public static readonly CriuImageType Pstree = new("PSTREE", 0x50273030, PstreeEntry.Parser);
    public static readonly CriuImageType RemapFilePath = new("REMAP_FPATH", 0x59133954, RemapFilePathEntry.Parser);
    public static readonly CriuImageType Stats = new("STATS", 0x57093306, StatsEntry.Parser);
    public static readonly CriuImageType TcpStream = new("TCP_STREAM", 0x51465506, TcpStreamEntry.Parser, CriuPayload.TcpStream);

    /// <summary>The fields of its entries.</summary>
    public MessageDescriptor Message { get; } = Parser.ParseFrom(ByteString.Empty).Descriptor;

    /// <summary>All types, by name.</summary>
    public static readonly FrozenDictionary<string, CriuImageType> ByName = new CriuImageType[]
    {
        Core, Fdinfo, Files, Fs, GhostFile, Ids, Inventory, MemfdInode, Mm, Mounts, Pagemap, Pstree, RemapFilePath, Stats, TcpStream,
        new("APPARMOR", 0x59423047, ApparmorEntry.Parser),
        new("AUTOFS", 0x49353943, AutofsEntry.Parser),
        new("BINFMT_MISC", 0x67343323, BinfmtMiscEntry.Parser),
        new("BPFMAP_DATA", 0x64324033, BpfmapDataEntry.Parser, CriuPayload.BpfMapData),
        new("BPFMAP_FILE", 0x57506142, BpfmapFileEntry.Parser),
        new("CGROUP", 0x59383330, CgroupEntry.Parser),
        new("CPUINFO", 0x61404013, CpuinfoEntry.Parser),
        new("CREDS", 0x54023547, CredsEntry.Parser),
        new("EVENTFD_FILE", 0x44523722, EventfdFileEntry.Parser),
        new("EVENTPOLL_FILE", 0x45023858, EventpollFileEntry.Parser),
        new("EVENTPOLL_TFD", 0x44433746, EventpollTfdEntry.Parser),
        new("EXT_FILES", 0x59255641, ExtFileEntry.Parser),
        new("FANOTIFY_FILE", 0x55096122, FanotifyFileEntry.Parser),
        new("FANOTIFY_MARK", 0x56506035, FanotifyMarkEntry.Parser),
        new("FIFO", 0x58364939, FifoEntry.Parser),
        new("FIFO_DATA", 0x59333054, PipeDataEntry.Parser, CriuPayload.PipeData),
        new("FILE_LOCKS", 0x54323616, FileLockEntry.Parser),
        new("INETSK", 0x56443851, InetSkEntry.Parser),
        new("INOTIFY_FILE", 0x48424431, InotifyFileEntry.Parser),
        new("INOTIFY_WD", 0x54562009, InotifyWdEntry.Parser),
        new("IPCNS_MSG", 0x55453737, IpcMsgEntry.Parser, CriuPayload.MessageQueue),
        new("IPCNS_SEM", 0x59573019, IpcSemEntry.Parser, CriuPayload.SemaphoreSet),
        new("IPCNS_SHM", 0x46283044, IpcShmEntry.Parser, CriuPayload.SharedMemory),
        new("IPC_VAR", 0x53115007, IpcVarEntry.Parser),
        new("IRMAP_CACHE", 0x57004059, IrmapCacheEntry.Parser),
        new("ITIMERS", 0x57464056, ItimerEntry.Parser),
        new("NETDEV", 0x57373951, NetDeviceEntry.Parser),
        new("NETLINK_SK", 0x58005614, NetlinkSkEntry.Parser),
        new("NETNS", 0x55933752, NetnsEntry.Parser),
        new("NS_FILES", 0x61394011, NsFileEntry.Parser),
        new("PACKETSK", 0x60454618, PacketSockEntry.Parser),
        new("PIDFD", 0x54435556, PidfdEntry.Parser),
        new("PIDNS", 0x61157326, PidnsEntry.Parser),
        new("PIPES", 0x56513555, PipeEntry.Parser),
        new("PIPES_DATA", 0x56453709, PipeDataEntry.Parser, CriuPayload.PipeData),
        new("POSIX_TIMERS", 0x52603957, PosixTimerEntry.Parser),
        new("REG_FILES", 0x50363636, RegFileEntry.Parser),
        new("RLIMIT", 0x57113925, RlimitEntry.Parser),
        new("SECCOMP", 0x64413049, SeccompEntry.Parser),
        new("SIGACT", 0x55344201, SaEntry.Parser),
        new("SIGNAL", 0x59255647, SiginfoEntry.Parser),
        new("SIGNALFD", 0x57323820, SignalfdEntry.Parser),
        new("SK_QUEUES", 0x56264026, SkPacketEntry.Parser, CriuPayload.SocketQueue),
        new("TIMENS", 0x43114433, TimensEntry.Parser),
        new("TIMERFD", 0x50493712, TimerfdEntry.Parser),
        new("TTY_DATA", 0x59413026, TtyDataEntry.Parser),
        new("TTY_FILES", 0x59433025, TtyFileEntry.Parser),
        new("TTY_INFO", 0x59453036, TtyInfoEntry.Parser),
        new("TUNFILE", 0x57143751, TunfileEntry.Parser),
        new("UNIXSK", 0x54373943, UnixSkEntry.Parser),
        new("USERNS", 0x55474906, UsernsEntry.Parser),
        new("UTSNS", 0x54473203, UtsnsEntry.Parser),
        new("VMAS", 0x54123737, VmaEntry.Parser),
    }.ToFrozenDictionary(type => type.Name, StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<uint, CriuImageType> ByMagic = ByName.Values.ToFrozenDictionary(type => type.Magic);

    /// <summary>Whether an image can begin with a number.</summary>
    public static bool IsMagic(uint number) => number is CommonMagic or ServiceMagic || ByMagic.ContainsKey(number);

    /// <summary>The type of a magic, or null where CRIU has none.</summary>
    public static CriuImageType? OfMagic(uint magic) => ByMagic.GetValueOrDefault(magic);
}
