namespace KubeCheckpoint.Sandbox;

/// <summary>
/// What a command in a container can read of its node in /proc and /sys and, through hostPath volumes, in /etc and /usr. The defaults are
/// those of the node on which the fixtures were checkpointed.
/// </summary>
public sealed record SandboxNodeHost
{
    /// <summary>The processor's features, named as in /proc/cpuinfo.</summary>
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

    /// <summary>How the cgroups of pods are named.</summary>
    public SandboxCgroupDriver CgroupDriver { get; init; }

    /// <summary>Whether AppArmor is enabled.</summary>
    public bool AppArmor { get; init; }

    /// <summary>Whether SELinux is enabled.</summary>
    public bool SELinux { get; init; }

    /// <summary>The version that <c>criu --version</c> prints; null for a node without criu.</summary>
    public string? CriuVersion { get; init; } = "4.2.1";

    /// <summary>How the node starts its runtime.</summary>
    public SandboxService Service { get; init; }

    /// <summary>Files under /etc and /usr by their paths, such as /etc/criu/runc.conf.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();
}
