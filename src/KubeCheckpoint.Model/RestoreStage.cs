namespace KubeCheckpoint;

/// <summary>A stage on the way from a running pod to its restored copy.</summary>
public enum RestoreStage
{
    /// <summary>The kubelets write the checkpoints.</summary>
    Checkpoint,

    /// <summary>The containers are frozen, as measured by CRIU: a part of <see cref="Checkpoint"/>.</summary>
    Freeze,

    /// <summary>The archives are saved from the node.</summary>
    Save,

    /// <summary>The archives are checked against the target node.</summary>
    Preflight,

    /// <summary>The restore is planned. For a drill, its namespace is created, with copies of what the pod refers to.</summary>
    Prepare,

    /// <summary>Images are built from the archives and pushed.</summary>
    Push,

    /// <summary>The images that the containers ran from are pulled to the node.</summary>
    PullBaseImage,

    /// <summary>The pod is created and becomes Running and Ready; pulling the restore images is a part of it.</summary>
    Restore,

    /// <summary>The restored pod is probed.</summary>
    Probe,

    /// <summary>The original is replaced: its owner adopts the new pod and removes it, or it is deleted.</summary>
    Replace,

    /// <summary>What was created temporarily is removed.</summary>
    CleanUp,
}
