namespace KubeCheckpoint.Cluster.Initialization;

/// <summary>A change to a configuration file of a node: text before and after what the file, or another one, has now.</summary>
/// <param name="Path">The path on the node, /etc/FOLDER/FILE or /etc/FOLDER/FOLDER/FILE.</param>
/// <param name="Before">The hash that it has now, or <see cref="NodeFileScript.Absent"/>.</param>
internal sealed record FileChange(string Path, string Before)
{
    /// <summary>The file that is copied between the two texts, or null for none.</summary>
    public string? BasePath { get; init; }

    /// <summary>The text before.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>The text after.</summary>
    public string Suffix { get; init; } = "";

    /// <summary>Whether the runtime reads it only when it starts.</summary>
    public bool NeedsRestart { get; init; }

    /// <summary>The change as a unified diff.</summary>
    public required string Diff { get; init; }

    /// <summary>Whether the file does not exist yet.</summary>
    public bool IsNew => Before == NodeFileScript.Absent;

    /// <summary>The backup, which the first change of an existing file makes.</summary>
    public string? BackupPath => IsNew ? null : $"{NodeFileScript.StateOf(Path)[NodeFileScript.Root.Length..]}.bak";
}
