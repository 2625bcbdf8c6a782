namespace KubeCheckpoint.Cluster.Preflight.Hosts;

/// <summary>What was found on a node through a pod there. What could not be seen is null or empty.</summary>
internal sealed record NodeHost
{
    /// <summary>True where the node's /etc and /usr could be seen, and so whether there is a criu and how it is configured.</summary>
    public bool SeesFiles { get; init; }

    /// <summary>Why not.</summary>
    public string? FilesReason { get; init; }

    /// <summary>The kernel's release.</summary>
    public string? KernelRelease { get; init; }

    /// <summary>AT_PAGESZ, in bytes.</summary>
    public int? PageSize { get; init; }

    /// <summary>AT_HWCAP.</summary>
    public ulong? HardwareCapabilities { get; init; }

    /// <summary>AT_HWCAP2.</summary>
    public ulong? HardwareCapabilities2 { get; init; }

    /// <summary>AT_MINSIGSTKSZ, in bytes: what the kernel may put on a signal's stack, the widest registers included.</summary>
    public long? SignalStackSize { get; init; }

    /// <summary>The processor's features as /proc/cpuinfo names them.</summary>
    public IReadOnlySet<string> CpuFlags { get; init; } = new HashSet<string>();

    /// <summary>1 or 2; null where neither is mounted.</summary>
    public int? CgroupVersion { get; init; }

    /// <summary>The security module that labels processes.</summary>
    public SecurityModule? SecurityModule { get; init; }

    /// <summary>The path of criu, or null where it is in none of the usual folders.</summary>
    public string? CriuPath { get; init; }

    /// <summary>What criu says of its version, or null where it could not be run.</summary>
    public string? CriuVersion { get; init; }

    /// <summary>The OCI runtimes in the usual folders: runc, crun.</summary>
    public IReadOnlyList<string> OciRuntimes { get; init; } = [];

    /// <summary>The options in /etc/criu/runc.conf, crun.conf and default.conf: each as <c>file: option</c>.</summary>
    public IReadOnlyList<string> CriuOptions { get; init; } = [];

    /// <summary>The runtime's configuration.</summary>
    public RuntimeConfiguration Configuration { get; init; } = new();

    /// <summary>Whether CRIU has an option for every OCI runtime on the node.</summary>
    public bool HasCriuOption(string option) => CriuOptions.Any(line => line.Split(' ', 2)[^1] == option);
}
