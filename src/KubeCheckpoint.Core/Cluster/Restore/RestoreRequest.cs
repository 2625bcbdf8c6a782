namespace KubeCheckpoint.Cluster;

/// <summary>Which pod to make from which restore images.</summary>
public sealed record RestoreRequest
{
    /// <summary>The restore images, one for each container that is to be restored; the other containers start from their own images.</summary>
    public required IReadOnlyList<RestoreImage> Images { get; init; }

    /// <summary>The pod as JSON that the new one is made after. Null: the one stored with the images, else the live pod.</summary>
    public string? Manifest { get; init; }

    /// <summary>The new pod's name. Null: the old one with <c>-restored</c>, and a number where that exists.</summary>
    public string? Name { get; init; }

    /// <summary>The new pod's namespace. Null: the old one's.</summary>
    public string? Namespace { get; init; }

    /// <summary>The node to restore on, past the scheduler. Null: the scheduler chooses.</summary>
    public string? NodeName { get; init; }

    /// <summary>True to leave the pod to its owner, a ReplicaSet for example, with the labels by which the owner knows its pods.</summary>
    public bool KeepOwnerReferences { get; init; }

    /// <summary>How long to wait until the pod is Running and Ready.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);
}
