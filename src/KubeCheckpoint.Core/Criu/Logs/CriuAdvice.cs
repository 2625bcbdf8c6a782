namespace KubeCheckpoint.Criu.Logs;

/// <summary>Parts of remedies that several messages share.</summary>
internal static class CriuAdvice
{
    /// <summary>Where options of CRIU go: they override the options of the container runtime.</summary>
    public const string Conf = "into /etc/criu/runc.conf (crun: crun.conf) on the node";

    /// <summary>Where the options go that a cmdlet can set.</summary>
    public const string NodeConf = $"{Conf} (Initialize-CheckpointNode -CriuOption)";

    public const string CloseFile = "Have the process close the file that the message names before the checkpoint.";

    public const string CloseSocket = "Have the process close the socket before the checkpoint.";

    public const string TryAgain = "Try again a moment later.";

    public const string SameImage = "Restore with the same image (by digest) and the same content of volumes.";

    public const string SameProcessor = "Restore on a node with the same or a newer processor (or CPU model of the hypervisor).";

    public const string SameManifest = "Restore with the manifest of the pod that was checkpointed.";

    public const string NewerCriu = "Install the newest version of CRIU on the node.";

    public const string NewerKernel = "Use a newer kernel on the node; 'criu check --all' shows what it lacks.";

    public const string RunAsRoot = "Run the container runtime with all capabilities of root, and not inside another container.";

    public const string NoTerminal = "Run the container without a terminal (tty: false).";

    public const string OutsideTracer = "Detach the debugger or tracer before the checkpoint.";

    public const string DevicePlugin =
        "Close the device before the checkpoint, or install the CRIU plugin for it on the node: amdgpu_plugin, cuda_plugin.";

    public const string Damaged = "The images of the checkpoint are incomplete or damaged.";

    public const string FindDamage = "Run Test-CheckpointArchive on the archive; if it finds damage, fetch the archive again or repeat the checkpoint.";
}
