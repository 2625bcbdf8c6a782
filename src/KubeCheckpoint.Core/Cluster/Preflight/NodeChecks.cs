using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Preflight.Checks;

namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>Checks what the node object reports: readiness, operating system, architecture, kernel and pressure.</summary>
internal static class NodeChecks
{
    private const SupportScope All = SupportScope.Checkpoint | SupportScope.Save | SupportScope.Restore;

    /// <summary>The architectures that CRIU supports, as Go names them (CRIU, Makefile).</summary>
    private static readonly string[] CriuArchitectures = ["amd64", "arm64", "arm", "ppc64le", "s390x", "mips64le", "loong64", "riscv64"];

    /// <summary>The kernel that CRIU's documentation requires for current containers (time namespaces, clone3, pidfd).</summary>
    private static readonly ComponentVersion KernelForCriu = new(5, 9);

    public static void Add(CheckList checks, ClusterNode node)
    {
        AddReady(checks, node, All);
        if (node.OperatingSystem is null or "linux")
            checks.Passed("OperatingSystem", All, node.OsImage ?? "linux");
        else
            checks.Failed("OperatingSystem", All, $"the node runs {node.OperatingSystem}", "Use a Linux node.");
        AddArchitecture(checks, node.Architecture);
        AddKernel(checks, node.KernelVersion);
        AddPressure(checks, node.Pressures, SupportScope.Save | SupportScope.Restore);
    }

    public static void AddReady(CheckList checks, ClusterNode node, SupportScope scope)
    {
        if (!node.IsReady)
            checks.Failed("NodeReady", scope, "the node is not Ready", "See 'kubectl describe node': the kubelet or the runtime is down.");
        else if (node.IsUnschedulable)
            checks.Warning("NodeReady", SupportScope.Restore, "Ready, but cordoned", "The scheduler places no pods there; use Restore-Pod -NodeName.");
        else
            checks.Passed("NodeReady", scope, "Ready");
    }

    /// <summary>Under disk or PID pressure, a kubelet admits no new pods; under memory pressure, none of the class BestEffort.</summary>
    public static void AddPressure(CheckList checks, IReadOnlyList<string> pressures, SupportScope scope)
    {
        const string Name = "NodePressure";
        if (pressures.Count == 0)
            checks.Passed(Name, scope, "none");
        else if (pressures.All(pressure => pressure == "MemoryPressure"))
            checks.Warning(Name, scope, "MemoryPressure: the kubelet admits no new pods without memory requests", "Free memory on the node.");
        else
            checks.Failed(Name, scope, $"{string.Join(", ", pressures)}: the kubelet admits no new pods", "Free disk space or process IDs on the node.");
    }

    private static void AddArchitecture(CheckList checks, string? architecture)
    {
        const SupportScope Scope = SupportScope.Checkpoint | SupportScope.Restore;
        if (architecture is null)
            checks.Unknown("Architecture", Scope, "the node does not report it");
        else if (CriuArchitectures.Contains(architecture))
            checks.Passed("Architecture", Scope, architecture);
        else
            checks.Failed("Architecture", Scope, $"CRIU does not run on {architecture}", "Use a node with another architecture.");
    }

    private static void AddKernel(CheckList checks, string? kernel)
    {
        const SupportScope Scope = SupportScope.Checkpoint | SupportScope.Restore;
        const string Remedy = "Run 'criu check' on the node to see whether the kernel has what CRIU needs.";
        if (ComponentVersion.Parse(kernel) is not { } version)
            checks.Unknown("Kernel", Scope, "the node does not report it");
        else if (version < KernelForCriu)
            checks.Warning("Kernel", Scope, $"{kernel} is older than {KernelForCriu}", Remedy);
        else
            checks.Passed("Kernel", Scope, kernel!);
    }
}
