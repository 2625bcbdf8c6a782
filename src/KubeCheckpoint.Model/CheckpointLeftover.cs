namespace KubeCheckpoint;

/// <summary>Something that a cmdlet created for itself, in a cluster or on this machine, and that is still there.</summary>
public sealed record CheckpointLeftover
{
    /// <summary>What it is: Pod, Namespace or File.</summary>
    public required string Kind { get; init; }

    /// <summary>Where it is.</summary>
    public required LeftoverPlace Place { get; init; }

    /// <summary>Its namespace, or null.</summary>
    public string? Namespace { get; init; }

    /// <summary>Its name; of a file, the full path on its machine or node.</summary>
    public required string Name { get; init; }

    /// <summary>The node that it runs or lies on, or null.</summary>
    public string? NodeName { get; init; }

    /// <summary>What it is for.</summary>
    public required LeftoverRole Role { get; init; }

    /// <summary>The cmdlet that created it, or null.</summary>
    public string? Cmdlet { get; init; }

    /// <summary>Whether it is still needed.</summary>
    public required LeftoverState State { get; init; }

    /// <summary>The user whose process created it, or null.</summary>
    public string? OwnerUser { get; init; }

    /// <summary>The machine of the process that created it, or null.</summary>
    public string? OwnerHost { get; init; }

    /// <summary>The id of the process that created it, or null.</summary>
    public int? OwnerProcessId { get; init; }

    /// <summary>Whether that process runs; null where that cannot be known from this machine.</summary>
    public bool? IsOwnerAlive { get; init; }

    /// <summary>When it was created, or null.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When it is nobody's any more, or null.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Its size in bytes, or null for an object of a cluster.</summary>
    public long? Length { get; init; }

    /// <summary>What to do about it where Remove-CheckpointLeftover does not remove it, or null.</summary>
    public string? RecommendedAction { get; init; }

    /// <summary>The uid of an object of a cluster, or null: another object may have its name later.</summary>
    public string? Uid { get; init; }

    /// <summary>The kubeconfig of its cluster, or null.</summary>
    public string? KubeConfig => Cluster?.KubeConfig;

    /// <summary>The context of its cluster, or null.</summary>
    public string? Context => Cluster?.Context;

    /// <summary>The user it was read as, or null.</summary>
    public string? As => Cluster?.As;

    /// <summary>The groups it was read as.</summary>
    public IReadOnlyList<string> AsGroup => Cluster?.AsGroup ?? [];

    internal ClusterTarget? Cluster { get; init; }

    /// <summary>The folder of the node with archives that go before this pod; null if there are none.</summary>
    internal string? ArchiveFolder { get; init; }

    /// <summary>Whether commands can be run in this pod.</summary>
    internal bool IsRunning { get; init; }

    /// <summary>Kind and name.</summary>
    public override string ToString() => TerminalText.Line(Namespace is null ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}");
}
