namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>How archives are brought off their nodes.</summary>
public sealed record ArchiveTransferOptions
{
    /// <summary>The helper pod's image where none is asked for: small, and with everything the transfer needs.</summary>
    public const string DefaultImage = "docker.io/library/busybox:stable";

    /// <summary>The helper pod's namespace where none is asked for.</summary>
    public const string DefaultNamespace = "kube-checkpoint";

    /// <summary>The helper pod's image: any with <c>sh</c>, <c>sleep</c>, <c>dd</c>, <c>wc</c>, <c>sha256sum</c> and <c>rm</c>, such as busybox.</summary>
    public string Image { get; init; } = DefaultImage;

    /// <summary>
    /// The helper pod's namespace. <c>kube-checkpoint</c> is made where it does not exist, labelled so that it may mount the node's folder; any
    /// other must exist and is left as it is.
    /// </summary>
    public string Namespace { get; init; } = DefaultNamespace;

    /// <summary>When the node pulls the helper's image: Always, IfNotPresent or Never.</summary>
    public string PullPolicy { get; init; } = "IfNotPresent";

    /// <summary>After how long a helper pod ends by itself, should this process die. A transfer that takes longer goes on with a new one.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How many bytes to ask for at a time. A long connection is cut sooner or later; a range is asked for again.</summary>
    public long RangeSize { get; init; } = 64 * 1024 * 1024;

    /// <summary>True to delete the archive on the node after it was verified here.</summary>
    public bool RemoveSource { get; init; }

    /// <summary>True to replace a file of the same name that is another archive.</summary>
    public bool Overwrite { get; init; }
}
