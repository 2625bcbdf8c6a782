namespace KubeCheckpoint;

/// <summary>An object of the cluster that grants rights to checkpoints.</summary>
public sealed record CheckpointAccess
{
    /// <summary>What it is: Namespace, ClusterRole, ClusterRoleBinding, Role or RoleBinding.</summary>
    public required string Kind { get; init; }

    /// <summary>Its namespace, or null for a cluster-scoped object.</summary>
    public string? Namespace { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Who gets the rights, as <c>User:alice</c>, <c>Group:ops</c> or <c>ServiceAccount:ns/name</c>; empty for a role.</summary>
    public IReadOnlyList<string> Subject { get; init; } = [];

    /// <summary>The rights of a role, such as <c>create nodes/proxy</c>; for a binding, the role it binds.</summary>
    public IReadOnlyList<string> Rules { get; init; } = [];

    /// <summary>What was done to it.</summary>
    public required CheckpointAccessResult Result { get; init; }

    /// <summary>Kind and name.</summary>
    public override string ToString() => TerminalText.Line(Namespace is null ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}");
}
