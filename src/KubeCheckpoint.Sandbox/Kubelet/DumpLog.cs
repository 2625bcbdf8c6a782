using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>CRIU's log of a dump that failed, which the runtimes leave on the node: lines as CRIU 4.2.1 writes them.</summary>
internal static class DumpLog
{
    public const string EstablishedError = "Error (criu/sk-inet.c:200): inet: Connected TCP socket, consider using --tcp-established option.";
    public const string InFlightError = "Error (criu/sk-inet.c:185): inet: In-flight connection (l) for 6cf57";

    /// <summary>The log for a behaviour with which a dump fails; null for other behaviours.</summary>
    public static string? Of(KubeletBehaviour behaviour) => behaviour switch
    {
        KubeletBehaviour.EstablishedTcp => With(EstablishedError),
        KubeletBehaviour.InFlight => With(InFlightError),
        _ => null,
    };

    public static string PathOf(SandboxRuntime runtime, string id) => runtime == SandboxRuntime.CriO
        ? $"/var/lib/crio-storage/overlay-containers/{id}/userdata/dump.log"
        : $"/run/containerd/io.containerd.runtime.v2.task/k8s.io/{id}/criu-dump.log";

    public static void Write(NodeState node, string id, string log)
    {
        var path = node.HostPath(PathOf(node.Definition.Runtime, id));
        PrivateFile.CreateFolder(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, log);
    }

    private static string With(string error) => $"""
        (00.000884) Dumping processes (pid: 8847 comm: redis-server)
        (00.000895) Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted
        (00.003930) inet: 	Collected: ino 0x6cf57 family AF_INET    type SOCK_STREAM    port     6379 state TCP_ESTABLISHED  src_addr 10.88.0.31
        (00.004191) Dumping task (pid: 8847 comm: redis-server)
        (00.004192) ========================================
        (00.012307) 8847 fdinfo 11: pos:                0 flags:             4001/0x1
        (00.012311) Dumping pipe 29 with id 0x1a pipe_id 0x6cbb4
        (00.012321) 8847 fdinfo 12: pos:                0 flags:             4002/0x1
        (00.012323) sockets: Searching for socket 0x6cf57 family 2
        (00.012324) {error}
        (00.012329) ----------------------------------------
        (00.012335) Error (criu/cr-dump.c:1545): Dump files (pid: 8847) failed with -1
        (00.077674) 	Unseizing 8847 into 1
        (00.077707) Error (criu/cr-dump.c:1975): Dumping FAILED.

        """.Replace("\\t", "\t", StringComparison.Ordinal).ReplaceLineEndings("\n");
}
