using KubeCheckpoint.Cluster.Preflight.Checks;

namespace KubeCheckpoint.Cluster.Preflight.Hosts;

/// <summary>Checks criu, its options, the OCI runtime and the runtime configuration on the node.</summary>
internal static class HostChecks
{
    private const SupportScope Both = SupportScope.Checkpoint | SupportScope.Restore;

    /// <summary>The oldest CRIU that CRI-O and containerd accept (checkpointctl/lib, go-criu: 3.16).</summary>
    private static readonly ComponentVersion OldestCriu = new(3, 16);

    /// <summary>Adds that the node was not inspected.</summary>
    public static void AddNotInspected(CheckList checks) =>
        checks.Unknown("Criu", Both, "whether criu is on the node is not known", "Test-CheckpointSupport -Deep finds out.");

    public static void Add(CheckList checks, Fact<NodeHost> fact)
    {
        if (fact.Value is not { SeesFiles: true } host)
        {
            checks.Unknown("Criu", Both, $"the node's files could not be read: {fact.Reason ?? fact.Value?.FilesReason}");
            return;
        }

        AddCriu(checks, host);
        AddOptions(checks, host);
        if (host.OciRuntimes.Count > 0)
            checks.Passed("OciRuntime", Both, string.Join(", ", host.OciRuntimes));
        else
            checks.Unknown("OciRuntime", Both, "neither runc nor crun is in the usual folders; the runtime may use its own");
        AddPolicy(checks, host.Configuration);
    }

    /// <summary>Without these options most servers cannot be checkpointed. crun reads runc.conf if it has no file of its own.</summary>
    private static void AddOptions(CheckList checks, NodeHost host)
    {
        const string Name = "CriuOptions";
        var lacking = host.CriuFiles
            .Select(file => (File: file, Missing: CriuOption.ForConnections.Where(option => !option.IsSetBy(host.OptionsIn(file))).ToList()))
            .Where(file => file.Missing.Count > 0)
            .Select(file => $"/etc/criu/{file.File} lacks {string.Join(", ", file.Missing)}")
            .ToList();
        var set = host.CriuOptions.Count == 0 ? "" : $" ({string.Join(", ", host.CriuOptions)})";
        if (lacking.Count == 0)
        {
            checks.Passed(Name, Both, string.Join(", ", host.CriuOptions));
        }
        else
        {
            checks.Warning(
                Name,
                Both,
                $"{string.Join("; ", lacking)}: pods with open TCP connections cannot be checkpointed, or fail now and then{set}",
                "Run Initialize-CheckpointNode: it writes these options, and needs no restart for them.");
        }
    }

    private static void AddCriu(CheckList checks, NodeHost host)
    {
        const string Install = "Install criu 3.16 or newer on the node, in the runtime's PATH; 'criu check' as root must pass. Then restart CRI-O.";
        if (host.CriuPath is null)
            checks.Failed("Criu", Both, "there is no criu in /usr", Install);
        else if (host.CriuVersion is null)
            checks.Passed("Criu", Both, $"{host.CriuPath}, version unknown");
        else if (ComponentVersion.Parse(host.CriuVersion) < OldestCriu)
            checks.Failed("Criu", Both, $"{host.CriuPath} is version {host.CriuVersion}", Install);
        else
            checks.Passed("Criu", Both, $"{host.CriuPath} {host.CriuVersion}");
    }

    public static void AddPolicy(CheckList checks, RuntimeConfiguration configuration)
    {
        const string Name = "RuntimeConfiguration";
        const SupportScope Scope = SupportScope.Restore;
        const string Remedy = "Remove signature_policy from CRI-O's configuration.";
        var settings = configuration.Settings.Select(pair => $"{pair.Key} = {pair.Value}");
        if (configuration.Setting(RuntimeConfiguration.SignaturePolicy) is { Length: > 0 } policy)
            checks.Failed(Name, Scope, $"CRI-O has signature_policy = {policy}, with which it restores nothing", Remedy);
        else if (configuration.IsRead)
            checks.Passed(Name, Scope, configuration.Settings.Count == 0 ? "it has no settings for checkpoints" : string.Join(", ", settings));
        else
            checks.Unknown(Name, Scope, "none found in /etc/crio or /etc/containerd; it may be elsewhere");
    }
}
