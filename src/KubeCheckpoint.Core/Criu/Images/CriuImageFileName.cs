using System.Buffers;
using System.Collections.Frozen;

namespace KubeCheckpoint.Criu.Images;

/// <summary>What the name of an image file says about it (CRIU, criu/image-desc.c).</summary>
internal static class CriuImageFileName
{
    // The name without the id.
    private static readonly FrozenDictionary<string, string> Types = new Dictionary<string, string>
    {
        ["apparmor"] = "APPARMOR",
        ["autofs-"] = "AUTOFS",
        ["binfmt-misc"] = "BINFMT_MISC",
        ["binfmt-misc-"] = "BINFMT_MISC",
        ["bpfmap-data"] = "BPFMAP_DATA",
        ["bpfmap-file"] = "BPFMAP_FILE",
        ["cgroup"] = "CGROUP",
        ["core-"] = "CORE",
        ["cpuinfo"] = "CPUINFO",
        ["creds-"] = "CREDS",
        ["eventfd"] = "EVENTFD_FILE",
        ["eventpoll"] = "EVENTPOLL_FILE",
        ["eventpoll-tfd"] = "EVENTPOLL_TFD",
        ["ext-files"] = "EXT_FILES",
        ["fanotify"] = "FANOTIFY_FILE",
        ["fanotify-mark"] = "FANOTIFY_MARK",
        ["fdinfo-"] = "FDINFO",
        ["fifo"] = "FIFO",
        ["fifo-data"] = "FIFO_DATA",
        ["filelocks"] = "FILE_LOCKS",
        ["files"] = "FILES",
        ["fs-"] = "FS",
        ["ghost-file-"] = "GHOST_FILE",
        ["ids-"] = "IDS",
        ["inetsk"] = "INETSK",
        ["inotify"] = "INOTIFY_FILE",
        ["inotify-wd"] = "INOTIFY_WD",
        ["inventory"] = "INVENTORY",
        ["ipcns-msg-"] = "IPCNS_MSG",
        ["ipcns-sem-"] = "IPCNS_SEM",
        ["ipcns-shm-"] = "IPCNS_SHM",
        ["ipcns-var-"] = "IPC_VAR",
        ["irmap-cache"] = "IRMAP_CACHE",
        ["itimers-"] = "ITIMERS",
        ["memfd"] = "MEMFD_INODE",
        ["mm-"] = "MM",
        ["mountpoints-"] = "MNTS",
        ["netdev-"] = "NETDEV",
        ["netlinksk"] = "NETLINK_SK",
        ["netns-"] = "NETNS",
        ["ns-files"] = "NS_FILES",
        ["packetsk"] = "PACKETSK",
        ["pagemap-"] = "PAGEMAP",
        ["pagemap-shmem-"] = "PAGEMAP",
        ["pidfd"] = "PIDFD",
        ["pidns-"] = "PIDNS",
        ["pipes"] = "PIPES",
        ["pipes-data"] = "PIPES_DATA",
        ["posix-timers-"] = "POSIX_TIMERS",
        ["pstree"] = "PSTREE",
        ["reg-files"] = "REG_FILES",
        ["remap-fpath"] = "REMAP_FPATH",
        ["rlimit-"] = "RLIMIT",
        ["seccomp"] = "SECCOMP",
        ["sigacts-"] = "SIGACT",
        ["signal-p-"] = "SIGNAL",
        ["signal-s-"] = "SIGNAL",
        ["signalfd"] = "SIGNALFD",
        ["sk-queues"] = "SK_QUEUES",
        ["stats-dump"] = "STATS",
        ["stats-restore"] = "STATS",
        ["tcp-stream-"] = "TCP_STREAM",
        ["timens-"] = "TIMENS",
        ["timerfd"] = "TIMERFD",
        ["tty"] = "TTY_FILES",
        ["tty-data"] = "TTY_DATA",
        ["tty-info"] = "TTY_INFO",
        ["tunfile"] = "TUNFILE",
        ["unixsk"] = "UNIXSK",
        ["userns-"] = "USERNS",
        ["utsns-"] = "UTSNS",
        ["vmas-"] = "VMAS",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // Bytes without CRIU's framing: memory, tars, and what iproute2 and iptables save.
    private static readonly FrozenSet<string> Raw = new[]
    {
        "ifaddr-", "ip6tables-", "iptables-", "netns-ct-", "netns-exp-", "nftables-", "pages-", "pages-shmem-", "route-", "route6-", "rule-",
        "tmpfs-", "tmpfs-dev-",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // The id of ghost-file and tcp-stream is hexadecimal.
    private static readonly SearchValues<char> IdDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>The type an image of this name must have, or null where CRIU writes no such image, or raw bytes.</summary>
    /// <param name="fileName">The name without folders: <c>core-1.img</c>, <c>stats-dump</c>.</param>
    public static CriuImageType? TypeOf(string fileName) =>
        Types.GetValueOrDefault(fileName) is { } whole ? CriuImageType.ByName[whole]
        : Types.GetValueOrDefault(Stem(fileName)) is { } type ? CriuImageType.ByName[type]
        : null;

    /// <summary>Whether CRIU writes raw bytes under this name.</summary>
    /// <param name="name">The name, with or without folders.</param>
    public static bool IsRaw(string name) => Raw.Contains(Stem(name[(name.LastIndexOfAny(['/', '\\']) + 1)..]));

    private static string Stem(string fileName)
    {
        var dot = fileName.IndexOf('.', StringComparison.Ordinal);
        var name = dot < 0 ? fileName : fileName[..dot];
        var dash = name.LastIndexOf('-');
        return dash >= 0 && dash < name.Length - 1 && !name.AsSpan(dash + 1).ContainsAnyExcept(IdDigits) ? name[..(dash + 1)] : name;
    }
}
