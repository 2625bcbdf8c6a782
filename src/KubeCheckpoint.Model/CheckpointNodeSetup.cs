namespace KubeCheckpoint;

/// <summary>What Initialize-CheckpointNode has done on a node.</summary>
public sealed record CheckpointNodeSetup
{
    /// <summary>The node's name.</summary>
    public required string NodeName { get; init; }

    /// <summary>The runtime, or null if it is neither CRI-O nor containerd.</summary>
    public CheckpointEngine? Runtime { get; init; }

    /// <summary>The runtime's version, such as <c>1.36.3</c>, or null.</summary>
    public string? RuntimeVersion { get; init; }

    /// <summary>The OCI runtime that the runtime uses by default, such as <c>runc</c> or <c>crun</c>, or null.</summary>
    public string? OciRuntime { get; init; }

    /// <summary>The files that were changed; none if the node lacked nothing.</summary>
    public IReadOnlyList<CheckpointNodeFile> Files { get; init; } = [];

    /// <summary>The changes of all files as one unified diff, or null.</summary>
    public string? Diff => Files.Any(file => file.Diff is not null) ? string.Join('\n', Files.Select(file => file.Diff).OfType<string>()) : null;

    /// <summary>
    /// The systemd service to restart for a change to take effect, such as <c>crio.service</c>; null if there is nothing to restart.
    /// -RestartRuntime restarts it.
    /// </summary>
    public string? NeedsRestart { get; init; }

    /// <summary>True if the runtime was restarted, and the node was verified afterwards.</summary>
    public bool IsRestarted { get; init; }

    /// <summary>What the node cannot be given, and why.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>The kubeconfig file used, or null for the usual places.</summary>
    public string? KubeConfig => Cluster?.KubeConfig;

    /// <summary>The context used, or null for the current one.</summary>
    public string? Context => Cluster?.Context;

    /// <summary>The user that requests were made as, or null for that of the kubeconfig.</summary>
    public string? As => Cluster?.As;

    /// <summary>The groups that requests were made as, if not those of the kubeconfig.</summary>
    public IReadOnlyList<string> AsGroup => Cluster?.AsGroup ?? [];

    internal ClusterTarget? Cluster { get; init; }

    /// <summary>The node's name.</summary>
    public override string ToString() => TerminalText.Line(NodeName);
}
