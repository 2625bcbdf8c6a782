using KubeCheckpoint.Cluster.Preflight.Checks;

namespace KubeCheckpoint.Cluster.Preflight.Hosts;

/// <summary>What was found on the node: criu, its options, the OCI runtime, the runtime's other settings.</summary>
internal static class HostChecks
{
    private const SupportScope Both = SupportScope.Checkpoint | SupportScope.Restore;

    /// <summary>CRI-O and containerd refuse an older one (checkpointctl/lib, go-criu: 3.16).</summary>
    private static readonly ComponentVersion OldestCriu = new(3, 16);

    private static readonly string[] TellingOptions = ["tcp-established", "tcp-close", "file-locks", "ext-unix-sk", "skip-in-flight"];

    /// <summary>Says that nobody looked.</summary>
    public static void AddNotLooked(CheckList checks) =>
        checks.Unknown("Criu", Both, "whether criu is on the node shows only there", "Look with -Deep.");

    public static void Add(CheckList checks, Fact<NodeHost> fact)
    {
        if (fact.Value is not { SeesFiles: true } host)
        {
            checks.Unknown("Criu", Both, $"the node's files could not be seen: {fact.Reason ?? fact.Value?.FilesReason}");
            return;
        }

        AddCriu(checks, host);
        var options = host.CriuOptions.Where(line => TellingOptions.Contains(line.Split(' ', 2)[^1])).ToList();
        if (options.Count > 0)
            checks.Passed("CriuOptions", Both, string.Join(", ", options));
        else
            checks.Passed("CriuOptions", Both, "none in /etc/criu: no checkpoints of established TCP connections");
        if (host.OciRuntimes.Count > 0)
            checks.Passed("OciRuntime", Both, string.Join(", ", host.OciRuntimes));
        else
            checks.Unknown("OciRuntime", Both, "neither runc nor crun in the usual folders; the runtime may have its own");
        AddPolicy(checks, host.Configuration);
    }

    private static void AddCriu(CheckList checks, NodeHost host)
    {
        const string Install = "Install criu 3.16 or newer on the node, in the runtime's PATH; 'criu check' as root must pass. Restart CRI-O then.";
        if (host.CriuPath is null)
            checks.Failed("Criu", Both, "there is no criu in /usr", Install);
        else if (host.CriuVersion is null)
            checks.Passed("Criu", Both, $"{host.CriuPath}, of a version that could not be found out");
        else if (ComponentVersion.Parse(host.CriuVersion) < OldestCriu)
            checks.Failed("Criu", Both, $"{host.CriuPath} is version {host.CriuVersion}", Install);
        else
            checks.Passed("Criu", Both, $"{host.CriuPath} {host.CriuVersion}");
    }

    public static void AddPolicy(CheckList checks, RuntimeConfiguration configuration)
    {
        const string Name = "RuntimeConfiguration";
        if (configuration.Setting(RuntimeConfiguration.SignaturePolicy) is { Length: > 0 } policy)
            checks.Failed(Name, SupportScope.Restore, $"CRI-O has signature_policy = {policy}, and restores nothing then", "Leave signature_policy empty.");
        else if (configuration.IsRead)
            checks.Passed(Name, SupportScope.Restore, configuration.Settings.Count == 0 ? "read; nothing of it is about checkpoints" : string.Join(", ", configuration.Settings.Select(pair => $"{pair.Key} = {pair.Value}")));
        else
            checks.Unknown(Name, SupportScope.Restore, "none found in /etc/crio or /etc/containerd; the runtime may have it elsewhere");
    }
}
