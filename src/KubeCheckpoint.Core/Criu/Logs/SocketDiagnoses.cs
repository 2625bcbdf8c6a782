using static KubeCheckpoint.Criu.Logs.CriuAdvice;

namespace KubeCheckpoint.Criu.Logs;

/// <summary>Messages about sockets and the network.</summary>
internal static class SocketDiagnoses
{
    private const string MultipathTcp =
        "A process has a Multipath TCP socket, which CRIU does not support. Programs built with Go 1.24 or newer use it by default for listening sockets.";

    private const string NoMultipathTcp = "Set GODEBUG=multipathtcp=0 in the environment of a Go program.";

    private const string NotAccepted = "A listening TCP socket has connections that the process has not accepted yet.";

    private const string SkipInFlight = $"Try again, or put 'skip-in-flight' {NodeConf}: the clients then have to reconnect.";

    private const string NoIptables =
        "CRIU could not block the network traffic of the container with iptables or nftables, as it does while it dumps or restores TCP connections.";

    private const string NoTcpRepair =
        "CRIU is not allowed to read the state of TCP connections: it runs without CAP_NET_ADMIN for the container's network.";

    private const string OtherNetwork = "A process has a socket of a network namespace that is not the container's.";

    private const string NetworkLock =
        $"Install iptables with its kernel modules on the node, or put 'network-lock nftables' {Conf}, or 'network-lock skip' if no connection has to survive.";

    public static CriuDiagnosis[] Known { get; } =
    [
        new("criu/sk-inet.c", ["Connected TCP socket, consider using"],
            "A process has an established TCP connection, which CRIU dumps only if an option allows it.",
            $"Close the connection before the checkpoint, or put 'tcp-established' and 'tcp-close' {NodeConf}: the " +
            "process finds it closed after the restore. 'tcp-established' alone keeps it, for a restore under the same address."),
        new("criu/sk-inet.c", ["Connected TCP socket in image"],
            "The checkpoint has an established TCP connection, and the restore does not have the option to restore it.",
            $"Put 'tcp-close' {NodeConf}, to let the process find it closed; 'tcp-established' alone keeps it, which needs the same address."),
        new("criu/image.c", ["Need to set the --tcp-close options."],
            "The checkpoint was made with the option tcp-close, which the restore needs as well.",
            $"Put 'tcp-close' {NodeConf} where the restore runs."),
        new("criu/sk-inet.c", ["In-flight connection (l) for"], NotAccepted, SkipInFlight, CriuMessageKind.PassingCause),
        new("criu/sk-inet.c", ["In-flight connections can be ignored"], NotAccepted, SkipInFlight, CriuMessageKind.PassingCause),
        new("criu/sk-inet.c", ["Unsupported proto 262 for socket", "GODEBUG=\"multipathtcp=0\"", "GODEBUG=multipathtcp=0"], MultipathTcp, NoMultipathTcp),
        new("criu/sk-inet.c", ["Unsupported proto * for socket"],
            "A process has a socket with a protocol that CRIU does not support.",
            "Have the process close the socket before the checkpoint, or avoid that protocol."),
        new("criu/sk-inet.c", ["Can't dump corked dgram socket"],
            "A UDP socket holds unsent data (UDP_CORK).",
            "Try again when the process has sent it."),
        new("criu/sk-inet.c",
            ["Can't dump * inet socket *. Only stream, dgram and raw are supported.", "Unsupported socket family: *", "Unsupported socket type: *"],
            "A process has an internet socket of a type that CRIU does not support, such as SCTP.",
            CloseSocket),
        new("criu/sk-inet.c", ["Unknown inet socket * state *", "Socket state * obtained but expected *"],
            "A TCP socket is being opened or closed at this moment.",
            TryAgain, CriuMessageKind.PassingCause),
        new("criu/sk-inet.c", ["couldn't find ifname for *, can't bind"],
            "A socket is bound to a network device that does not exist any more.",
            CloseSocket),
        new("criu/sk-inet.c", ["couldn't find ifindex for *"],
            "A socket was bound to a network device that does not exist here.",
            "Restore where the pod has a network device of that name."),
        new("criu/sk-inet.c", ["Write queue of the * socket isn't empty", "Read queue is dropped for socket *"],
            "A UDP or raw socket holds data, which the checkpoint does not include.",
            "Nothing, if the protocol sends lost packets again.",
            CriuMessageKind.Harmless),
        new("criu/sk-inet.c", ["Can't bind inet socket*Address already in use"],
            "A port that the process listened on is in use.",
            "Stop whatever listens there (with hostNetwork, this may be the original pod), or restore on another node."),
        new("criu/sk-inet.c", ["Can't bind inet socket"],
            "An address that the process listened on or was connected from does not exist here.",
            "Restore under the same address, or checkpoint without established connections."),
        new("soccr/soccr.c", ["Can't connect inet socket back"],
            "A TCP connection cannot be restored: there is no route to its other end, or its address does not exist here.",
            $"Restore under the same address, or put 'tcp-close' {NodeConf} to let the process find its connections closed."),
        new("soccr/soccr.c", ["Can't turn TCP repair mode ON"], NoTcpRepair, RunAsRoot),
        new("criu/cr-check.c", ["Unable to set TCP_REPAIR", "TCP_REPAIR isn't available to unprivileged users"], NoTcpRepair, RunAsRoot),
        new("criu/sk-tcp.c", ["Failed to lock TCP connection *"], NoIptables, NetworkLock),
        new("criu/net.c", ["Locking network failed"], NoIptables, NetworkLock),
        new("criu/netfilter.c", ["Iptables configuration failed", "Locking connection failed using nftables"], NoIptables, NetworkLock),
        new("criu/net.c", ["Unable to restore nftables. CRIU was built without libnftables support"],
            "The container has nftables rules, and CRIU on this node was built without nftables.",
            "Install a CRIU that is built with libnftables on the node."),
        new("criu/net.c", ["CRIU was built without libnftables support"],
            "This CRIU was built without nftables.",
            "Nothing, if no error follows; otherwise remove 'network-lock nftables' from /etc/criu/runc.conf (crun: crun.conf) on the node."),
        new("criu/net.c",
            [
                "Can't restore iptables dump - no legacy version present", "Can't restore ip6tables dump - no legacy version present",
                "nft command error:",
            ],
            "The firewall rules of the container's network namespace cannot be restored with the tools of this node.",
            "Install the version of iptables (legacy or nft) that the first node has."),
        new("criu/net.c", ["IP tool failed on *"],
            "The program ip failed or is missing on the node; CRIU saves and restores the network configuration with it.",
            "Install iproute2 on the node, where CRIU finds it."),
        new("criu/sk-netlink.c", ["The socket has data to read"],
            "A netlink socket has messages that the process has not read yet. CRIU does not dump them.",
            "Try again; a program that never reads its netlink socket must close it."),
        new("criu/sk-netlink.c",
            [
                "The netlink socket * has more than 32 groups", "The netlink socket * is bound to groups but not to portid",
                "Groups above 32 are not supported yet",
            ],
            "A netlink socket listens to groups that CRIU cannot restore, as programs that watch the network or devices of the node do.",
            CloseSocket),
        new("criu/sk-packet.c",
            [
                "Multiple MC membership not supported", "Unknown mc membership type *", "No packet sock info in nlm", "No packet sock mclist in nlm",
                "Can't find packet socket * to mmap", "Mmap-ed socket * not open",
            ],
            "A process captures network packets (AF_PACKET), as tcpdump does, in a way that CRIU does not support.",
            CloseSocket),
        new("criu/sk-unix.c", ["External socket is used."],
            "A unix socket of the container is connected to a socket outside of it, such as that of a daemon on the node.",
            $"Close the connection before the checkpoint. For datagram sockets 'ext-unix-sk' {Conf} helps."),
        new("criu/sk-unix.c", ["External socket found in image."],
            "The checkpoint has a unix socket that was connected to a socket outside of the container.",
            $"Put 'ext-unix-sk' {Conf} where the restore runs; the socket must exist there."),
        new("criu/sk-unix.c", ["Can't dump half of stream unix connection"],
            "A unix stream socket is connected to a socket outside of the container; only one half of that connection could be dumped.",
            "Close the connection before the checkpoint."),
        new("criu/sk-unix.c", ["Can't dump name-less external socket"],
            "A unix socket of the container is connected to a socket outside of it that has no name and cannot be found again.",
            "Close the connection before the checkpoint."),
        new("criu/sk-unix.c", ["Unix socket * with unreachable peer", "Unix socket * without peer"],
            "A unix socket is connected to a socket that belongs to no process of the container.",
            "Close the connection before the checkpoint."),
        new("criu/sk-unix.c",
            [
                "Dangling connection *", "In-flight connection on non-listening socket *", "Non-empty write queue on an in-flight socket *",
                "Found a closed in-flight socket to *", "Unknown state * for unix socket *",
            ],
            "A unix socket is being connected or closed at this moment, or has connections that the process has not accepted yet.",
            TryAgain, CriuMessageKind.PassingCause),
        new("criu/sk-unix.c", ["Unsupported type (*) on socket *"],
            "A process has a unix socket of a type that CRIU does not support.",
            CloseSocket),
        new("criu/sk-unix.c",
            [
                "Can't resolve name for socket *", "Unable to get a socket file descriptor with SIOCUNIXFILE ioctl",
                "Unable to resolve unix socket name with obsolete method", "Bound socket w/o inode *", "The path * is too long",
            ],
            "CRIU cannot find the file of a unix socket, for example because the folder that it was bound in is gone or is on a mount that is hidden.",
            "Have the process bind the socket again in a folder that still exists."),
        new("criu/sk-unix.c", ["Can't bind id * ino * addr *Address already in use"],
            "The file of a unix socket exists already.",
            "Delete it from the volume before the restore."),
        new("criu/sk-unix.c", ["Can't bind id * ino * addr *", "ghost: Can't *", "unix: Can't connect * socket"],
            "A unix socket cannot be restored: its folder does not exist, is read-only, or the other end is missing.",
            "Make sure that the content of the volumes is the same; a checkpoint does not include the content of an emptyDir."),
        new("criu/sk-queue.c",
            [
                "Control messages in queue, not supported", "More than 1 SCM is not possible", "Unexpected 2nd SCM_RIGHTS from the kernel",
                "Unsupported scm * in image",
            ],
            "A unix socket has queued messages that carry more than data and file descriptors, such as credentials.",
            "Try again when the process has read them."),
        new("criu/sk-queue.c", ["sys_recvmsg failed: truncated", "Unable to read packet data"],
            "A message in the queue of a socket could not be read.",
            "Try again when the process has read it."),
        new("criu/sockets.c", ["Diag module missing"],
            "The node's kernel lacks a module that lists sockets.",
            "Load the modules on the node: modprobe -a af_packet_diag inet_diag netlink_diag raw_diag tcp_diag udp_diag unix_diag."),
        new("criu/sockets.c", ["Unknown pair family * proto *", "BUG! Unknown socket collected (family *)", "Sockets (family * proto *) are not collected"],
            "A process has a socket of a family that CRIU does not support, such as AF_VSOCK, AF_ALG or AF_XDP.",
            CloseSocket),
        new("criu/sockets.c", ["Can't get socket filter", "Can't restore filter"],
            "A socket has a packet filter that CRIU cannot dump or restore, such as an eBPF program.",
            CloseSocket),
        new("criu/net.c", ["Unable to dump a socket from an external network namespace"], OtherNetwork, CloseSocket),
        new("criu/sockets.c", ["Unable to find a network namespace"], OtherNetwork, CloseSocket),
        new("criu/net.c", ["Unable to dump more than one netns if the --emptyns is set"],
            "A process of the container has created a network namespace of its own.",
            "Run the program without its own network namespace."),
        new("criu/net.c", ["Unable to find an external netns: *"],
            "The checkpoint was made in the network of a pod, and the runtime passed no network namespace to the restore.",
            "Restore it as a container of a pod."),
        new("criu/net.c",
            [
                "Unsupported link * (type * kind", "SIT device with * kind", "macvlan mode required for *", "No linkinfo for eth link *",
                "No kind for eth link *",
            ],
            "The container's network namespace has a device of a kind that CRIU does not support.",
            "Remove the device before the checkpoint if the container made it itself."),
        new("criu/net.c", ["Unsupported link type *", "Can't restore link: *", "Unable to restore network links", "Unable to find the * master"],
            "A network device of the container cannot be created here.",
            "Load the kernel module for that kind of device on the node."),
        new("criu/tun.c",
            [
                "Can't dump * with filter on-board", "Net namespace is required to dump tun link", "No proper support for tun dump/restore",
                "No info about * filter, kernel is too old", "No tun device for file *", "No net_ns for tun device", "Can't dump tun-file device",
            ],
            "A process (such as a VPN program) has a TUN or TAP device that CRIU cannot dump.",
            "Stop the VPN before the checkpoint."),
        new("criu/tun.c", ["Can't open tun device", "Can't create tun device", "Can't attach tunfile to device"],
            "The TUN or TAP device of a process cannot be created here.",
            "Give the container /dev/net/tun and CAP_NET_ADMIN as before, and load the module tun on the node."),
        new("criu/net.c",
            [
                "The * veth is in an external netns", "NSID isn't reported for network links", "The image contains unknown sysctl-s",
                "Check if \"ip rule save\" is supported!",
            ],
            "A note from CRIU about the network of the container.",
            "Nothing: it also appears in the logs of successful dumps.",
            CriuMessageKind.Harmless),
    ];
}
