namespace KubeCheckpoint.Sandbox;

/// <summary>
/// What a command in a container of a node finds in /proc, /sys and, through hostPath volumes, in the node's /etc and /usr. The defaults are
/// those of the node that the fixtures were checkpointed on.
/// </summary>
public sealed record SandboxNodeHost
{
    /// <summary>The processor's features as /proc/cpuinfo names them.</summary>
    public IReadOnlyList<string> CpuFlags { get; init; } =
        ["fpu", "fxsr", "sse", "sse2", "xsave", "avx", "avx2", "avx512f", "avx512dq", "avx512bw", "avx512vl"];

    /// <summary>AT_PAGESZ of the auxiliary vector.</summary>
    public int PageSize { get; init; } = 4096;

    /// <summary>AT_HWCAP.</summary>
    public ulong HardwareCapabilities { get; init; } = 395049983;

    /// <summary>AT_HWCAP2.</summary>
    public ulong HardwareCapabilities2 { get; init; } = 2;

    /// <summary>AT_MINSIGSTKSZ.</summary>
    public ulong SignalStackSize { get; init; } = 3376;

    /// <summary>1 or 2.</summary>
    public int CgroupVersion { get; init; } = 1;

    /// <summary>Whether AppArmor is enabled.</summary>
    public bool AppArmor { get; init; }

    /// <summary>Whether SELinux is enabled.</summary>
    public bool SELinux { get; init; }

    /// <summary>What <c>criu --version</c> says; null for a node without criu.</summary>
    public string? CriuVersion { get; init; } = "4.2.1";

    /// <summary>Files below /etc and /usr by their paths, such as /etc/criu/runc.conf.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();
}
