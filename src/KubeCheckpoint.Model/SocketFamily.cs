namespace KubeCheckpoint;

/// <summary>The address family of a socket.</summary>
public enum SocketFamily
{
    /// <summary>A family that this module does not know.</summary>
    Unknown,

    /// <summary>IPv4.</summary>
    IPv4,

    /// <summary>IPv6.</summary>
    IPv6,

    /// <summary>Unix domain.</summary>
    Unix,

    /// <summary>Netlink: talks to the kernel.</summary>
    Netlink,

    /// <summary>Packet: sees the frames of a network interface.</summary>
    Packet,
}
