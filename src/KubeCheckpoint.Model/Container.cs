namespace KubeCheckpoint;

/// <summary>A container of a <see cref="Pod"/>, with its spec and status.</summary>
public sealed record Container
{
    /// <summary>The name in the pod's spec.</summary>
    public required string Name { get; init; }

    /// <summary>The list of the pod's spec it is in.</summary>
    public required ContainerKind Kind { get; init; }

    /// <summary>The image as the spec names it.</summary>
    public string? Image { get; init; }

    /// <summary>The image as the runtime resolved it, with its digest, or null while it is not pulled.</summary>
    public string? ImageId { get; init; }

    /// <summary>The runtime's id, such as <c>cri-o://bb2e6c14...</c>, or null while there is none.</summary>
    public string? ContainerId { get; init; }

    /// <summary>The state the kubelet reports.</summary>
    public required ContainerState State { get; init; }

    /// <summary>Why it waits or ended, such as <c>CrashLoopBackOff</c>, or null.</summary>
    public string? Reason { get; init; }

    /// <summary>The runtime's message about why it waits or ended, or null.</summary>
    public string? Message { get; init; }

    /// <summary>True when its readiness probe succeeds.</summary>
    public bool Ready { get; init; }

    /// <summary>How often the kubelet restarted it.</summary>
    public int RestartCount { get; init; }

    /// <summary>When the current run began, or null.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The name.</summary>
    public override string ToString() => TerminalText.Line(Name);
}
