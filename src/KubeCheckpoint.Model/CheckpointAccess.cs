namespace KubeCheckpoint;

/// <summary>A role, binding or namespace that was created or updated to grant rights.</summary>
public sealed record CheckpointAccess
{
    /// <summary>What it is: Namespace, ClusterRole, ClusterRoleBinding, Role or RoleBinding.</summary>
    public required string Kind { get; init; }

    /// <summary>Its namespace, or null for an object of the cluster.</summary>
    public string? Namespace { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Whom it is for, as <c>User:alice</c>, <c>Group:ops</c> or <c>ServiceAccount:ns/name</c>; empty for a role.</summary>
    public IReadOnlyList<string> Subject { get; init; } = [];

    /// <summary>The rights of a role as <c>create nodes/proxy</c>; of a binding, the role it binds.</summary>
    public IReadOnlyList<string> Rules { get; init; } = [];

    /// <summary>What became of it.</summary>
    public required CheckpointAccessResult Result { get; init; }

    /// <summary>Kind and name.</summary>
    public override string ToString() => Namespace is null ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}
