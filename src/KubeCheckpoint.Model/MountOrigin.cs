namespace KubeCheckpoint;

/// <summary>What was mounted into a container: the kind of volume, as the path of the kubelet's folder on the node shows.</summary>
public enum MountOrigin
{
    /// <summary>A path of the node: a hostPath volume, or a mount by a device plugin or the runtime.</summary>
    Node,

    /// <summary>An emptyDir volume.</summary>
    EmptyDir,

    /// <summary>A config map.</summary>
    ConfigMap,

    /// <summary>A secret.</summary>
    Secret,

    /// <summary>A projected volume, such as that of a service account's token.</summary>
    Projected,

    /// <summary>A downwardAPI volume.</summary>
    DownwardApi,

    /// <summary>A storage volume: a persistent volume claim, CSI, NFS or similar.</summary>
    Storage,

    /// <summary>A part of a volume of any kind (<c>subPath</c>).</summary>
    SubPath,

    /// <summary>The file for the container's termination message.</summary>
    TerminationMessage,
}
