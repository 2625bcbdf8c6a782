using KubeCheckpoint.Cluster.Nodes;

namespace KubeCheckpoint.Cluster.Initialization;

/// <summary>What is to be done on a node.</summary>
public sealed record NodePlan
{
    /// <summary>The node.</summary>
    public required ClusterNode Node { get; init; }

    /// <summary>The OCI runtime that the runtime uses by default.</summary>
    public string? OciRuntime { get; init; }

    /// <summary>What the node cannot be given, and why.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Whether earlier changes are undone.</summary>
    public bool IsUndo { get; init; }

    /// <summary>The files that an undo concerns.</summary>
    public IReadOnlyList<CheckpointNodeFile> Undone { get; init; } = [];

    /// <summary>Whether the runtime is to be restarted after the changes.</summary>
    public bool Restarts { get; init; }

    /// <summary>Whether there is nothing to do.</summary>
    public bool IsEmpty => !Restarts && (IsUndo ? Undone.All(file => file.Action == NodeFileAction.Left) : Changes.Count == 0);

    /// <summary>Whether the runtime needs a restart before all of it takes effect.</summary>
    public bool NeedsRestart => AwaitsRestart || (IsUndo ? Undone.Any(file => file.NeedsRestart) : Changes.Any(change => change.NeedsRestart));

    /// <summary>The systemd service of the runtime.</summary>
    public string Service => Node.RuntimeName == "cri-o" ? "crio.service" : "containerd.service";

    /// <summary>What is done, with a unified diff of each file.</summary>
    public string Description
    {
        get
        {
            var restart = Restarts ? $"Restart {Service}" : null;
            var files = IsUndo
                ? Undone.Where(file => file.Action != NodeFileAction.Left).Select(Undoing)
                : Changes.Select(change => change.Diff);
            return string.Join('\n', files.Append(restart).OfType<string>().Prepend($"Configure node '{Node.Name}' for checkpoints:"));
        }
    }

    private static string Undoing(CheckpointNodeFile file) => $"{(file.Action == NodeFileAction.Removed ? "Remove" : "Restore")} {file.Path}";

    internal IReadOnlyList<FileChange> Changes { get; init; } = [];

    internal bool AwaitsRestart { get; init; }

    /// <summary>The settings that the runtime must have after a restart.</summary>
    internal IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}
