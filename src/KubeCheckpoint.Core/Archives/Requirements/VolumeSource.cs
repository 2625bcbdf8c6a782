namespace KubeCheckpoint.Archives.Requirements;

/// <summary>What a volume of a container comes from.</summary>
public enum VolumeSource
{
    /// <summary>Something that is none of the others, such as a network file system.</summary>
    Other,

    /// <summary>An emptyDir: it begins empty wherever the pod is made anew.</summary>
    EmptyDir,

    /// <summary>A ConfigMap.</summary>
    ConfigMap,

    /// <summary>A Secret.</summary>
    Secret,

    /// <summary>Several sources in one, such as a service account's token.</summary>
    Projected,

    /// <summary>The pod's own fields.</summary>
    DownwardApi,

    /// <summary>A volume of a driver, as a PersistentVolumeClaim gives it.</summary>
    Persistent,

    /// <summary>A path of the node.</summary>
    HostPath,
}
