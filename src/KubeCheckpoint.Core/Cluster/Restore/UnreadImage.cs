namespace KubeCheckpoint.Cluster.Restore;

/// <summary>A restore image in a registry that cannot be read from here: it is used without knowing what it needs.</summary>
/// <param name="Reference">The image's reference.</param>
/// <param name="ContainerName">The container to restore from it.</param>
/// <param name="Namespace">The namespace of the live pod whose manifest is used, or null.</param>
/// <param name="PodName">The name of the live pod whose manifest is used, or null.</param>
public sealed record UnreadImage(string Reference, string ContainerName, string? Namespace, string? PodName);
