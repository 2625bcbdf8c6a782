using System.Globalization;

namespace KubeCheckpoint.Criu.Sockets;

/// <summary>States of sockets by the kernel's names.</summary>
internal static class SocketStates
{
    public const uint Established = 1;
    public const uint Listen = 10;

    // Linux, include/net/tcp_states.h. UDP and raw sockets have the same numbers, and unix sockets in CRIU's images.
    private static readonly string[] Names =
    [
        "", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN",
        "CLOSING", "NEW_SYN_RECV", "BOUND_INACTIVE",
    ];

    public static string OfInternet(uint state) =>
        state is > 0 && state < Names.Length ? Names[state] : state.ToString(CultureInfo.InvariantCulture);

    public static string OfUnix(uint state) => state switch
    {
        Established => "CONNECTED",
        Listen => "LISTEN",
        7 => "UNCONNECTED",
        _ => OfInternet(state),
    };

    // Linux, net/netlink/af_netlink.h.
    public static string OfNetlink(uint state) => state switch
    {
        0 => "UNCONNECTED",
        1 => "CONNECTED",
        _ => state.ToString(CultureInfo.InvariantCulture),
    };
}
