namespace KubeCheckpoint.Cluster.Preflight.Hosts;

/// <summary>What a pod on a node found there. What it could not see is null or empty.</summary>
internal sealed record NodeHost
{
    /// <summary>True if the node's /etc and /usr could be read, and so criu and its configuration.</summary>
    public bool SeesFiles { get; init; }

    /// <summary>Why they could not be read, or null.</summary>
    public string? FilesReason { get; init; }

    /// <summary>The kernel's release.</summary>
    public string? KernelRelease { get; init; }

    /// <summary>AT_PAGESZ, in bytes.</summary>
    public int? PageSize { get; init; }

    /// <summary>AT_HWCAP.</summary>
    public ulong? HardwareCapabilities { get; init; }

    /// <summary>AT_HWCAP2.</summary>
    public ulong? HardwareCapabilities2 { get; init; }

    /// <summary>AT_MINSIGSTKSZ, in bytes: the most that the kernel may put on a signal's stack, including the widest registers.</summary>
    public long? SignalStackSize { get; init; }

    /// <summary>The processor features as named in /proc/cpuinfo.</summary>
    public IReadOnlySet<string> CpuFlags { get; init; } = new HashSet<string>();

    /// <summary>1 or 2; null if neither is mounted.</summary>
    public int? CgroupVersion { get; init; }

    /// <summary>The security module that labels processes.</summary>
    public SecurityModule? SecurityModule { get; init; }

    /// <summary>The path of criu, or null if it is in none of the usual folders.</summary>
    public string? CriuPath { get; init; }

    /// <summary>The version that criu reports, or null if it could not be run.</summary>
    public string? CriuVersion { get; init; }

    /// <summary>The OCI runtimes in the usual folders: runc, crun.</summary>
    public IReadOnlyList<string> OciRuntimes { get; init; } = [];

    /// <summary>The options in /etc/criu/runc.conf, crun.conf and default.conf: each as <c>file: option</c>.</summary>
    public IReadOnlyList<string> CriuOptions { get; init; } = [];

    /// <summary>The runtime's configuration.</summary>
    public RuntimeConfiguration Configuration { get; init; } = new();

    /// <summary>The files that the OCI runtimes in the usual folders name to CRIU: crun names runc.conf if it has no file of its own.</summary>
    public IReadOnlyList<string> CriuFiles =>
    [
        .. (OciRuntimes.Count == 0 ? ["runc"] : OciRuntimes)
            .Select(runtime => runtime == "crun" && OptionsIn("crun.conf").Count > 0 ? "crun.conf" : "runc.conf")
            .Distinct(),
    ];

    /// <summary>The options in a file.</summary>
    public IReadOnlyList<string> OptionsIn(string file) =>
        [.. CriuOptions.Where(line => line.StartsWith($"{file} ", StringComparison.Ordinal)).Select(line => line[(file.Length + 1)..])];

    /// <summary>Whether an option of CRIU is set for every OCI runtime on the node.</summary>
    public bool HasCriuOption(string option) => CriuOptions.Any(line => line.Split(' ', 2)[^1] == option);
}

/// <summary>The Linux security module that labels processes; the numbers are CRIU's (inventory.proto, lsmtype).</summary>
internal enum SecurityModule
{
    None = 0,
    SELinux = 1,
    AppArmor = 2,
}
