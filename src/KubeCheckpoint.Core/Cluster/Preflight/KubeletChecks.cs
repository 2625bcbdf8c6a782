using System.Globalization;
using KubeCheckpoint.Cluster.Preflight.Checks;

namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>Checks the kubelet's version, feature gate, checkpoint timeout and disk.</summary>
internal sealed class KubeletChecks(CheckList checks)
{
    private const SupportScope Scope = SupportScope.Checkpoint;

    private const string EnableGate =
        "In the kubelet's configuration, set featureGates: {ContainerCheckpoint: true} and leave enableDebuggingHandlers true; then restart the kubelet.";

    /// <summary>An archive is about as large as the container's memory; below this free space, even a small one is a risk.</summary>
    private const long LowDisk = 2L << 30;

    private static readonly ComponentVersion FirstWithGate = new(1, 25);
    private static readonly ComponentVersion FirstOnByDefault = new(1, 30);

    public void AddVersion(string? version)
    {
        if (ComponentVersion.Parse(version) is not { } number)
            checks.Undecided("KubeletVersion", Scope, "the node does not report it");
        else if (number < FirstWithGate)
            checks.Failed("KubeletVersion", Scope, $"{version} has no checkpoint endpoint", "Use Kubernetes 1.25 or newer.");
        else
            checks.Passed("KubeletVersion", Scope, version!);
    }

    /// <summary>Checks the feature gate: by the probe if it is conclusive, else by the configuration, else by the default of the version.</summary>
    public void AddGate(string? version, Fact<KubeletConfiguration> configuration, KubeletProbe? probe)
    {
        const string Name = "CheckpointGate";
        var reached = probe?.Result is ProbeResult.Open or ProbeResult.ApiServerForbidden;
        if (reached)
            checks.Passed(Name, Scope, "on: the kubelet has the endpoint");
        else if (probe?.Result == ProbeResult.NoEndpoint)
            checks.Failed(Name, Scope, $"the kubelet has no checkpoint endpoint{Because(configuration.Value)}", EnableGate);
        else if (configuration.Value is { } known)
            AddConfigured(Name, version, known);
        else if (ComponentVersion.Parse(version) is { } number && number >= FirstOnByDefault)
            checks.Passed(Name, Scope, $"on by default in {version}; the kubelet's configuration could not be read ({configuration.Reason})");
        else
            checks.Undecided(Name, Scope, $"off by default in {version}; the kubelet's configuration could not be read ({configuration.Reason})", EnableGate);
    }

    public void AddTimeout(Fact<KubeletConfiguration> configuration)
    {
        const string Name = "RuntimeRequestTimeout";
        var reason = configuration.Reason ?? "it has no such setting";
        if (configuration.Value?.RuntimeRequestTimeout is not { } timeout)
            checks.Unknown(Name, Scope, $"the kubelet's configuration could not be read ({reason}); the default is 2 minutes");
        else if (timeout < TimeSpan.FromMinutes(2))
            checks.Warning(Name, Scope, $"a checkpoint may take {Text(timeout)}", "Allow more time with Invoke-ContainerCheckpoint -TimeoutSec.");
        else
            checks.Passed(Name, Scope, $"a checkpoint may take {Text(timeout)}, longer with -TimeoutSec");
    }

    public void AddDisk(Fact<NodeDisk> disk)
    {
        const string Name = "Disk";
        const string Remedy = "An archive is about as large as the container's memory. Free some space on the node.";
        if (disk.Value is not { } left)
            checks.Unknown(Name, Scope, $"the kubelet's statistics could not be read ({disk.Reason})");
        else if (left.AvailableBytes < LowDisk)
            checks.Warning(Name, Scope, $"{CheckText.Size(left.AvailableBytes)} left for checkpoints", Remedy);
        else
            checks.Passed(Name, Scope, $"{CheckText.Size(left.AvailableBytes)} left for checkpoints{Images(left)}");
    }

    private void AddConfigured(string name, string? version, KubeletConfiguration configuration)
    {
        var isOn = configuration.IsCheckpointGateSet ?? ComponentVersion.Parse(version) >= FirstOnByDefault;
        if (isOn && configuration.EnablesDebuggingHandlers != false)
            checks.Passed(name, Scope, "on in the kubelet's configuration");
        else
            checks.Failed(name, Scope, $"off{Because(configuration)}", EnableGate);
    }

    private static string Because(KubeletConfiguration? configuration) => configuration switch
    {
        { IsCheckpointGateSet: false } => ": its configuration has ContainerCheckpoint: false",
        { EnablesDebuggingHandlers: false } => ": its configuration has enableDebuggingHandlers: false",
        { IsCheckpointGateSet: null } => ": the gate is off by default in this version",
        _ => "",
    };

    private static string Images(NodeDisk disk) =>
        disk.ImageAvailableBytes is { } bytes && bytes != disk.AvailableBytes ? $", {CheckText.Size(bytes)} for images" : "";

    private static string Text(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s");
}
