using KubeCheckpoint.Archives.Descriptors;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Sockets;

/// <summary>The options of a socket that are set.</summary>
internal static class SocketOptions
{
    // Groups are stored in 32-bit words; no netlink family has this many.
    private const int GroupWords = 32;

    // The kernel's net.core.optmem_max allows no more.
    private const int Memberships = 1024;

    public static IReadOnlyList<string> Of(InetSkEntry socket)
    {
        var options = Shared(socket.Opts);
        Add(options, socket.IpOpts?.Freebind, "freebind");
        Add(options, socket.IpOpts?.Pktinfo, "pktinfo");
        Add(options, socket.IpOpts?.Raw?.Hdrincl, "hdrincl");
        Add(options, socket.TcpOpts?.Nodelay, "nodelay");
        Add(options, socket.TcpOpts?.Cork, "cork");
        return options;
    }

    public static IReadOnlyList<string> Of(UnixSkEntry socket)
    {
        var options = Shared(socket.Opts);
        Add(options, socket.Deleted, "deleted");
        return options;
    }

    public static IReadOnlyList<string> Of(NetlinkSkEntry socket)
    {
        var options = Shared(socket.Opts);
        var groups = socket.Groups.Take(GroupWords)
            .SelectMany((word, index) => Enumerable.Range(0, 32).Where(bit => (word >> bit & 1) != 0).Select(bit => index * 32 + bit + 1));
        options.AddRange(groups.Select(group => $"group={DetailText.Of(group)}"));
        return options;
    }

    public static IReadOnlyList<string> Of(PacketSockEntry socket)
    {
        var options = Shared(socket.Opts);
        Add(options, socket.AuxData, "auxdata");
        Add(options, socket.OrigDev, "origdev");
        Add(options, socket.VnetHdr, "vnet_hdr");
        Add(options, socket.Loss, "loss");
        Add(options, socket.RxRing is not null, "rx_ring");
        Add(options, socket.TxRing is not null, "tx_ring");
        Add(options, socket.HasFanout && socket.Fanout != uint.MaxValue, "fanout");
        // PACKET_MR_PROMISC (Linux, include/uapi/linux/if_packet.h).
        Add(options, socket.Mclist.Take(Memberships).Any(membership => membership.Type == 1), "promisc");
        return options;
    }

    private static List<string> Shared(SkOptsEntry? set)
    {
        var options = new List<string>();
        Add(options, set?.Reuseaddr, "reuseaddr");
        Add(options, set?.SoReuseport, "reuseport");
        Add(options, set?.SoKeepalive, "keepalive");
        Add(options, set?.SoBroadcast, "broadcast");
        Add(options, set?.SoDontroute, "dontroute");
        Add(options, set?.SoOobinline is > 0, "oobinline");
        Add(options, set?.SoPasscred, "passcred");
        Add(options, set?.SoPasssec, "passsec");
        Add(options, set?.SoNoCheck, "no_check");
        Add(options, set?.SoFilter.Count > 0, "filter");
        if (set is { SoMark: > 0 })
            options.Add($"mark={DetailText.Of(set.SoMark)}");
        if (set is { SoPriority: > 0 })
            options.Add($"priority={DetailText.Of(set.SoPriority)}");
        return options;
    }

    private static void Add(List<string> options, bool? isSet, string name)
    {
        if (isSet == true)
            options.Add(name);
    }
}
