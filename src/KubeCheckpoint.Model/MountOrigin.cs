namespace KubeCheckpoint;

/// <summary>What was mounted into a container: the kind of volume, as the kubelet's folder on the node tells it.</summary>
public enum MountOrigin
{
    /// <summary>A path of the node: a hostPath volume, or what a device plugin or the runtime brought in.</summary>
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

    /// <summary>A volume of storage: a persistent volume claim, CSI, NFS and the like.</summary>
    Storage,

    /// <summary>A part of a volume (<c>subPath</c>), of whichever kind.</summary>
    SubPath,

    /// <summary>The file of the container's termination message.</summary>
    TerminationMessage,
}
