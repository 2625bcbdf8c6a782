namespace KubeCheckpoint.Sandbox;

/// <summary>A container that a node of the sandbox restored from a checkpoint.</summary>
/// <param name="Namespace">The namespace of the new pod.</param>
/// <param name="PodName">The new pod.</param>
/// <param name="ContainerName">The new pod's container.</param>
/// <param name="NodeName">The node it runs on.</param>
/// <param name="Image">The restore image as the pod names it.</param>
/// <param name="SourceNamespace">The namespace that the archive names.</param>
/// <param name="SourcePodName">The pod that the archive names.</param>
/// <param name="SourceContainerName">The container that the archive names.</param>
public sealed record RestoredContainer(
    string Namespace,
    string PodName,
    string ContainerName,
    string NodeName,
    string Image,
    string SourceNamespace,
    string SourcePodName,
    string SourceContainerName);
