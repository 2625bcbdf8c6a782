using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Parameters;

/// <summary>The pods by which cmdlets read files on nodes.</summary>
internal interface IHelperParameters
{
    /// <summary>
    /// The image of the helper pod: any image with sh, dd, wc and sha256sum. On nodes without internet access, name an image that is
    /// already there and use -HelperPullPolicy Never.
    /// </summary>
    public string HelperImage { get; }

    /// <summary>
    /// The namespace of the helper pod. It must allow hostPath volumes (pod-security.kubernetes.io/enforce: privileged). The default
    /// namespace is created if it does not exist and you have the right to create it.
    /// </summary>
    public string HelperNamespace { get; }

    /// <summary>When the node pulls the image of the helper pod.</summary>
    public string HelperPullPolicy { get; }
}

/// <summary>The parameters for helper pods, as the engine takes them.</summary>
internal static class HelperParameters
{
    /// <summary>The transfer options that the parameters ask for.</summary>
    public static ArchiveTransferOptions ToTransferOptions(this IHelperParameters parameters) =>
        new() { Image = parameters.HelperImage, Namespace = parameters.HelperNamespace, PullPolicy = parameters.HelperPullPolicy };
}
