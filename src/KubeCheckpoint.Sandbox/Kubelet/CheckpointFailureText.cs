using System.Globalization;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>The runtimes' messages for failed checkpoints: CRI-O 1.36.3, containerd 2.1.9 and 2.3.4, verbatim where a transcript exists.</summary>
internal static class CheckpointFailureText
{
    public const string DeadlineExceeded = "rpc error: code = DeadlineExceeded desc = stream terminated by RST_STREAM with error code: CANCEL";

    private const string Rpc = "rpc error: code = Unknown desc = ";

    /// <summary>The message for a behaviour that fails immediately; null for other behaviours.</summary>
    public static string? Of(KubeletBehaviour behaviour, SandboxRuntime runtime, string id)
    {
        var criO = runtime == SandboxRuntime.CriO;
        return behaviour switch
        {
            KubeletBehaviour.CriuMissing => Rpc + (criO
                ? $"failed to checkpoint container {id}: check for CRIU failed to check for criu version: exec: \"criu\": executable file not found in $PATH"
                : $"CRIU binary not found or too old (<31600). Failed to checkpoint container \"{id}\": "
                    + "failed to check for criu version: exec: \"criu\": executable file not found in $PATH"),
            KubeletBehaviour.CriuSupportOff => Rpc + (criO ? "checkpoint/restore support not available" : "criu support is disabled by configuration"),
            KubeletBehaviour.RuntimeTooOld =>
                "rpc error: code = Unimplemented desc = unknown method CheckpointContainer for service runtime.v1.RuntimeService",
            KubeletBehaviour.EstablishedTcp => Rpc + (criO ? CriODump(id, DumpLog.EstablishedError) : ContainerdDump(id)),
            KubeletBehaviour.InFlight => Rpc + (criO ? CriODump(id, DumpLog.InFlightError) : ContainerdDump(id)),
            KubeletBehaviour.ContainerExited =>
                Rpc + $"container \"{id}\" is in CONTAINER_EXITED state. only CONTAINER_RUNNING containers can be checkpointed",
            KubeletBehaviour.Paused => Rpc + (criO ? CriOPaused(id) : $"checkpointing container \"{id}\" failed: cannot pause a paused container"),
            _ => null,
        };
    }

    private static string CriOPaused(string id) =>
        $"failed to pause container \"{id}\" before checkpointing: `/usr/local/bin/runc-lab --root /run/runc-crio pause {id}` failed: "
        + $"time=\"{Now()}\" level=error msg=\"container not running\"\n : container process not found";

    private static string ContainerdDump(string id) =>
        $"checkpointing container \"{id}\" failed: runc did not terminate successfully: exit status 1: criu failed: type DUMP errno 0 "
        + $"path= {DumpLog.PathOf(SandboxRuntime.Containerd, id)}";

    private static string CriODump(string id, string error)
    {
        var work = $"/var/lib/crio-storage/overlay-containers/{id}/userdata";
        string[] quoted =
        [
            "15:(00.000850) cpu: fpu: AVX-512 Hi256                    xstate_offsets    896 / 896    xstate_sizes    512 / 512   ",
            "16:(00.000850) cpu: fpu: AVX-512 ZMM_Hi256                xstate_offsets   1408 / 1408   xstate_sizes   1024 / 1024  ",
            "17:(00.000863) ========================================",
            "18:(00.000884) Dumping processes (pid: 8847 comm: redis-server)",
            "19:(00.000885) ========================================",
            "20:(00.000895) Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted",
            "",
            "773:(00.012290) Dumping data from pipe 0x6cbb4 fd 28",
            "774:(00.012307) 8847 fdinfo 11: pos:                0 flags:             4001/0x1",
            "775:(00.012311) Dumping pipe 29 with id 0x1a pipe_id 0x6cbb4",
            "776:(00.012321) 8847 fdinfo 12: pos:                0 flags:             4002/0x1",
            "777:(00.012323) sockets: Searching for socket 0x6cf57 family 2",
            $"778:(00.012324) {error}",
            "779:(00.012329) ----------------------------------------",
            "780:(00.012335) Error (criu/cr-dump.c:1545): Dump files (pid: 8847) failed with -1",
            "",
            "790:(00.012805) net: Unlock network",
            "791:(00.012807) Running network-unlock scripts",
            "792:(00.012808) \\tRPC",
            "793:(00.077655) Unfreezing tasks into 1",
            "794:(00.077673) \\tUnseizing 8847 into 1",
            "795:(00.077707) Error (criu/cr-dump.c:1975): Dumping FAILED.",
        ];
        var prefix = $"time=\"{Now()}\" level=warning msg=";
        var log = string.Concat(quoted.Select(line => line.Length == 0 ? $"{prefix}...\n" : $"{prefix}\"{line}\"\n"));
        return $"failed to checkpoint container {id}: running \"/usr/local/bin/runc-lab\" [\"checkpoint\" \"--file-locks\" \"--image-path\" "
            + $"\"{work}/checkpoint\" \"--work-path\" \"{work}\" \"--leave-running\" \"{id}\"] failed: "
            + $"`/usr/local/bin/runc-lab --root /run/runc-crio checkpoint --file-locks --image-path {work}/checkpoint --work-path {work} "
            + $"--leave-running {id}` failed: "
            + $"{prefix}\"--- Quoting \\\"{work}/dump.log\\\"\"\n{log}{prefix}---\n"
            + $"time=\"{Now()}\" level=error msg=\"criu failed: type DUMP errno 0\"\n : exit status 1";
    }

    private static string Now() => DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
