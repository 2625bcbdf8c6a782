using Google.Protobuf;
using KubeCheckpoint.Archives.Sockets;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Archives.Sockets;

/// <summary>Sockets that are in no real archive of the tests, and impossible ones.</summary>
public sealed class SyntheticSocketTests : IDisposable
{
    // 192.0.2.1 and ::ffff:192.0.2.1 as CRIU stores them: in network byte order.
    private const uint Documentation = 0x010200c0;
    private const uint Mapped = 0xffff0000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_established_connection_has_its_queues_and_both_ends()
    {
        var client = Inet(1, 0xabc, 2, [Documentation], 40000, [0x0100007f], 443);
        var server = Inet(2, 0xdef, 10, [0, 0, Mapped, 0x0100007f], 443, [0, 0, Mapped, Documentation], 40000);
        server.Isk.Shutdown = SkShutdown.Read;
        var sockets = Read(new CheckpointBuilder().Tree(7, 8).Process(7, Fd(3, 1)).Process(8, Fd(5, 2)).Files(client, server)
            .Image("tcp-stream-abc", "TCP_STREAM", (new TcpStreamEntry { InqLen = 5, OutqLen = 70000 }, new byte[70005])));

        Assert.Equal(
            ("TCP", "ESTABLISHED", "192.0.2.1:40000", "127.0.0.1:443", 5L, 70000L, 8, 5),
            (sockets[0].Protocol, sockets[0].State, sockets[0].LocalEndpoint, sockets[0].RemoteEndpoint, sockets[0].ReceiveQueue, sockets[0].SendQueue, sockets[0].PeerProcessId, sockets[0].PeerDescriptor));
        Assert.Equal(
            ("::ffff:127.0.0.1", "::ffff:192.0.2.1", 0L, 0L, 7, 3, SocketShutdown.Read),
            (sockets[1].LocalAddress, sockets[1].RemoteAddress, sockets[1].ReceiveQueue, sockets[1].SendQueue, sockets[1].PeerProcessId, sockets[1].PeerDescriptor, sockets[1].Shutdown));
    }

    [Theory]
    [InlineData(1, "ESTABLISHED")]
    [InlineData(2, "SYN_SENT")]
    [InlineData(4, "FIN_WAIT1")]
    [InlineData(8, "CLOSE_WAIT")]
    [InlineData(9, "LAST_ACK")]
    [InlineData(11, "CLOSING")]
    [InlineData(0, "0")]
    [InlineData(uint.MaxValue, "4294967295")]
    public void States_have_the_names_of_the_kernel(uint number, string name)
    {
        var socket = Inet(1, 2, 2, [0], 1, [0], 0);
        socket.Isk.State = number;

        Assert.Equal(name, ReadOne(socket).State);
    }

    [Fact]
    public void A_global_ipv6_address_is_in_network_byte_order()
    {
        // 2001:db8::1:2
        var socket = ReadOne(Inet(1, 2, 10, [0xb80d0120, 0, 0, 0x02000100], 53, [0, 0, 0, 0x01000000], 1024, protocol: 17));

        Assert.Equal(("[2001:db8::1:2]:53", "[::1]:1024", "UDP"), (socket.LocalEndpoint, socket.RemoteEndpoint, socket.Protocol));
        Assert.Null(socket.ReceiveQueue);
        Assert.Null(socket.PeerProcessId);
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(2, 2)]
    [InlineData(2, 100_000)]
    [InlineData(10, 1)]
    [InlineData(10, 5)]
    [InlineData(99, 4)]
    public void An_impossible_address_is_ignored(uint family, int words)
    {
        var socket = ReadOne(Inet(1, 2, family, [.. Enumerable.Repeat(7u, words)], 70000, [.. Enumerable.Repeat(7u, words)], uint.MaxValue));

        Assert.Equal((null, null), (socket.LocalAddress, socket.RemoteAddress));
        Assert.Equal(70000, socket.LocalPort);
        Assert.Equal(family == 99 ? SocketFamily.Unknown : family == 2 ? SocketFamily.IPv4 : SocketFamily.IPv6, socket.Family);
    }

    [Fact]
    public void Options_and_interface_are_listed()
    {
        var file = Inet(1, 2, 2, [0], 80, [0], 0);
        file.Isk.Opts = new SkOptsEntry { Reuseaddr = true, SoReuseport = true, SoKeepalive = true, SoMark = 16, SoBoundDev = "eth0" };
        file.Isk.IpOpts = new IpOptsEntry { Freebind = true };
        file.Isk.TcpOpts = new TcpOptsEntry { Nodelay = true };
        var socket = ReadOne(file);

        Assert.Equal(["reuseaddr", "reuseport", "keepalive", "mark=16", "freebind", "nodelay"], socket.Options);
        Assert.Equal("eth0", socket.Interface);
    }

    [Theory]
    [InlineData(1, "ICMP")]
    [InlineData(58, "ICMPV6")]
    [InlineData(136, "UDPLITE")]
    [InlineData(251, "251")]
    public void Protocols_have_names(uint number, string name) => Assert.Equal(name, ReadOne(Inet(1, 2, 2, [0], 1, [0], 0, number)).Protocol);

    [Fact]
    public void A_netlink_socket_has_its_family_port_and_groups()
    {
        var file = new FileEntry
        {
            Id = 1,
            Type = FdTypes.Netlinksk,
            Nlsk = new NetlinkSkEntry { Id = 1, Ino = 9, Protocol = 15, State = 1, Portid = uint.MaxValue, DstPortid = 3, Groups = { 0b101 }, NsId = 4 },
        };
        var socket = Assert.Single(Read(new CheckpointBuilder().Tree(1).Process(1, Fd(3, 1)).Files(file)
            .Image("sk-queues", "SK_QUEUES", (new SkPacketEntry { IdFor = 1, Length = 20 }, new byte[20]), (new SkPacketEntry { IdFor = 1, Length = 30 }, new byte[30]))));

        Assert.Equal((SocketFamily.Netlink, "KOBJECT_UEVENT", "CONNECTED", 4294967295L, 3L, 50L, 2), (socket.Family, socket.Protocol, socket.State, socket.LocalPort, socket.RemotePort, socket.ReceiveQueue, socket.ReceivePackets));
        Assert.Equal(["group=1", "group=3"], socket.Options);
    }

    [Fact]
    public void A_packet_socket_has_its_frames_and_interface()
    {
        FileEntry Sniffer(uint id, uint protocol, uint index) => new()
        {
            Id = id,
            Type = FdTypes.Packetsk,
            Psk = new PacketSockEntry { Id = id, Type = 3, Protocol = protocol, Ifindex = index, NsId = 10, Mclist = { new PacketMclist { Type = 1 } } },
        };
        var sockets = Read(new CheckpointBuilder().Tree(1).Process(1, Fd(3, 1), Fd(4, 2), Fd(5, 3))
            .Files(Sniffer(1, 0x0300, 2), Sniffer(2, 0xcc88, 9), Sniffer(3, 0x0008, 0))
            .Image("netdev-10", "NETDEV", new NetDeviceEntry { Ifindex = 2, Name = "eth0" }));

        Assert.Equal([("ALL", "eth0"), ("LLDP", "9"), ("IP", null)], sockets.Select(socket => (socket.Protocol, socket.Interface)));
        Assert.All(sockets, socket => Assert.Equal((SocketFamily.Packet, SocketType.Raw, null), (socket.Family, socket.SocketType, socket.Inode)));
        Assert.All(sockets, socket => Assert.Equal(["promisc"], socket.Options));
    }

    [Fact]
    public void Unix_peers_are_found_across_processes_in_loops_and_not_where_there_are_none()
    {
        var sockets = Read(new CheckpointBuilder().Tree(1, 2).Process(1, Fd(3, 1), Fd(4, 3)).Process(2, Fd(7, 2), Fd(8, 4))
            .Files(Unix(1, ino: 101, peer: 102), Unix(2, ino: 102, peer: 101), Unix(3, ino: 103, peer: 103), Unix(4, ino: 104, peer: 999)));

        Assert.Equal([(2, 7), (1, 4), (1, 3), (null, null)], sockets.Select(socket => (socket.PeerProcessId, socket.PeerDescriptor)));
        Assert.Equal(999, sockets[3].PeerInode);
    }

    [Theory]
    [InlineData("", "", null)]
    [InlineData("/run/a.sock\0", "", "/run/a.sock")]
    [InlineData("/run/a.sock", "", "/run/a.sock")]
    [InlineData("\0abstract", "", "@abstract")]
    [InlineData("\0a\0b", "", "@a@b")]
    [InlineData("\0", "", "@")]
    [InlineData("a.sock\0", "/var/run/", "/var/run/a.sock")]
    [InlineData("/a.sock\0", "/var/run", "/a.sock")]
    public void Names_are_those_of_ss(string name, string folder, string? path)
    {
        var file = Unix(1, 5, 0);
        file.Usk.Name = ByteString.CopyFromUtf8(name);
        file.Usk.NameDir = folder;

        Assert.Equal(path, ReadOne(file).Path);
    }

    [Fact]
    public void A_shared_socket_is_there_for_each_descriptor()
    {
        var sockets = Read(new CheckpointBuilder().Tree(1, 2, 3).Process(1, Fd(3, 1), Fd(9, 1)).Task(2, 1).Process(3, Fd(4, 1)).Files(Unix(1, 5, 0)));

        Assert.Equal([(1, 3), (1, 9), (2, 3), (2, 9), (3, 4)], sockets.Select(socket => (socket.ProcessId, socket.Descriptor)));
    }

    [Fact]
    public void A_truncated_queue_is_named()
    {
        var builder = new CheckpointBuilder().Tree(1).Process(1, Fd(3, 1)).Files(Unix(1, 5, 0))
            .Image("sk-queues", "SK_QUEUES", (new SkPacketEntry { IdFor = 1, Length = uint.MaxValue }, new byte[10]));

        var failure = Assert.Throws<KubeCheckpointException>(() => Read(builder));

        Assert.Equal("CriuImageDamaged", failure.ErrorId);
        Assert.Contains("'checkpoint/sk-queues.img'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("offset 30", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_images_of_older_criu_are_read()
    {
        var sockets = Read(new CheckpointBuilder().Tree(1).Process(1, Fd(3, 1), Fd(4, 2), Fd(5, 3), Fd(6, 4))
            .Image("inetsk", "INETSK", Inet(1, 2, 2, [0], 80, [0], 0).Isk)
            .Image("unixsk", "UNIXSK", Unix(2, 5, 0).Usk)
            .Image("netlinksk", "NETLINK_SK", new NetlinkSkEntry { Id = 3 })
            .Image("packetsk", "PACKETSK", new PacketSockEntry { Id = 4 }));

        Assert.Equal([SocketFamily.IPv4, SocketFamily.Unix, SocketFamily.Netlink, SocketFamily.Packet], sockets.Select(socket => socket.Family));
    }

    private static FdinfoEntry Fd(uint number, uint fileId) => new() { Fd = number, Id = fileId };

    private static FileEntry Inet(uint id, uint ino, uint family, uint[] local, uint localPort, uint[] remote, uint remotePort, uint protocol = 6) => new()
    {
        Id = id,
        Type = FdTypes.Inetsk,
        Isk = new InetSkEntry
        {
            Id = id,
            Ino = ino,
            Family = family,
            Type = 1,
            Proto = protocol,
            State = 1,
            SrcAddr = { local },
            SrcPort = localPort,
            DstAddr = { remote },
            DstPort = remotePort,
        },
    };

    private static FileEntry Unix(uint id, uint ino, uint peer) =>
        new() { Id = id, Type = FdTypes.Unixsk, Usk = new UnixSkEntry { Id = id, Ino = ino, Peer = peer, Type = 1, State = 1 } };

    private CheckpointSocket ReadOne(FileEntry file) => Assert.Single(Read(new CheckpointBuilder().Tree(1).Process(1, Fd(3, file.Id)).Files(file)));

    private List<CheckpointSocket> Read(CheckpointBuilder builder) => [.. SocketReader.Read(builder.Save(_folder), (_, _) => true, CancellationToken.None)];
}
