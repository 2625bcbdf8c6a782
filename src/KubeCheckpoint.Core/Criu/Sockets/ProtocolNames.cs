using System.Buffers.Binary;
using System.Globalization;

namespace KubeCheckpoint.Criu.Sockets;

/// <summary>Protocols by name; a number where there is no name.</summary>
internal static class ProtocolNames
{
    // Linux, include/uapi/linux/netlink.h.
    private static readonly string?[] Netlink =
    [
        "ROUTE", "UNUSED", "USERSOCK", "FIREWALL", "SOCK_DIAG", "NFLOG", "XFRM", "SELINUX", "ISCSI", "AUDIT", "FIB_LOOKUP", "CONNECTOR",
        "NETFILTER", "IP6_FW", "DNRTMSG", "KOBJECT_UEVENT", "GENERIC", null, "SCSITRANSPORT", "ECRYPTFS", "RDMA", "CRYPTO", "SMC",
    ];

    /// <summary>A protocol of IP (IANA, Assigned Internet Protocol Numbers).</summary>
    public static string OfInternet(uint protocol) => protocol switch
    {
        0 => "IP",
        1 => "ICMP",
        2 => "IGMP",
        6 => "TCP",
        17 => "UDP",
        33 => "DCCP",
        47 => "GRE",
        58 => "ICMPV6",
        89 => "OSPF",
        132 => "SCTP",
        136 => "UDPLITE",
        255 => "RAW",
        262 => "MPTCP",
        _ => protocol.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>A netlink family.</summary>
    public static string OfNetlink(uint family) =>
        (family < Netlink.Length ? Netlink[family] : null) ?? family.ToString(CultureInfo.InvariantCulture);

    /// <summary>The frames a packet socket sees (Linux, include/uapi/linux/if_ether.h). CRIU keeps the number as <c>socket(2)</c> takes it.</summary>
    /// <param name="protocol">The number in network byte order.</param>
    public static string OfFrames(uint protocol) => BinaryPrimitives.ReverseEndianness((ushort)protocol) switch
    {
        0x0000 => "NONE",
        0x0003 => "ALL",
        0x0800 => "IP",
        0x0806 => "ARP",
        0x8035 => "RARP",
        0x8100 => "8021Q",
        0x86dd => "IPV6",
        0x888e => "PAE",
        0x88cc => "LLDP",
        var other => string.Create(CultureInfo.InvariantCulture, $"0x{other:x4}"),
    };
}
