namespace KubeCheckpoint;

/// <summary>The type of a socket. The values are Linux's (include/linux/net.h).</summary>
public enum SocketType
{
    /// <summary>A type that this module does not know.</summary>
    Unknown = 0,

    /// <summary>SOCK_STREAM.</summary>
    Stream = 1,

    /// <summary>SOCK_DGRAM.</summary>
    Datagram = 2,

    /// <summary>SOCK_RAW.</summary>
    Raw = 3,

    /// <summary>SOCK_RDM.</summary>
    ReliableDatagram = 4,

    /// <summary>SOCK_SEQPACKET.</summary>
    SeqPacket = 5,

    /// <summary>SOCK_PACKET, obsolete.</summary>
    Packet = 10,
}
