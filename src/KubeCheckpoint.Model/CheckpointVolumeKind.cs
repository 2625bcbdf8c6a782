namespace KubeCheckpoint;

/// <summary>The kind of a volume whose content is kept beside an archive.</summary>
public enum CheckpointVolumeKind
{
    /// <summary>An emptyDir volume of the pod.</summary>
    EmptyDir,

    /// <summary>The pod's /dev/shm, which all its containers share.</summary>
    SharedMemory,
}
