namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>How archives are copied from their nodes.</summary>
public sealed record ArchiveTransferOptions
{
    /// <summary>The default image of the helper pod: small, with all tools that the transfer needs.</summary>
    public const string DefaultImage = "docker.io/library/busybox:stable";

    /// <summary>The default namespace of the helper pod.</summary>
    public const string DefaultNamespace = "kube-checkpoint";

    /// <summary>
    /// The image of the helper pod: any with <c>sh</c>, <c>sleep</c>, <c>dd</c>, <c>wc</c>, <c>sha256sum</c>, <c>rm</c> and <c>mv</c>, such as
    /// busybox.
    /// </summary>
    public string Image { get; init; } = DefaultImage;

    /// <summary>
    /// The namespace of the helper pod. <c>kube-checkpoint</c> is created if it does not exist, with a label that allows it to mount the
    /// node's folder; any other namespace must exist and is not changed.
    /// </summary>
    public string Namespace { get; init; } = DefaultNamespace;

    /// <summary>When the node pulls the helper image: Always, IfNotPresent or Never.</summary>
    public string PullPolicy { get; init; } = "IfNotPresent";

    /// <summary>After this time a helper pod ends even if this process has died. A transfer that takes longer continues with a new pod.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The number of bytes to request at a time. A range whose connection breaks is requested again.</summary>
    public long RangeSize { get; init; } = 1024L * 1024 * 1024;

    /// <summary>True to delete the archive on the node once the copy is verified.</summary>
    public bool RemoveSource { get; init; }

    /// <summary>
    /// True where archives only pass through this process: they are deleted on the node as with <see cref="RemoveSource"/>, and also when this
    /// process dies before.
    /// </summary>
    public bool IsPassing { get; init; }

    /// <summary>True to replace a different file with the same name.</summary>
    public bool Overwrite { get; init; }
}
