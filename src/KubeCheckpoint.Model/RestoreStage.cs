namespace KubeCheckpoint;

/// <summary>A step on the way from a running pod to its restored twin.</summary>
public enum RestoreStage
{
    /// <summary>The kubelets write the checkpoints.</summary>
    Checkpoint,

    /// <summary>The containers stand still, as CRIU counted it: a part of <see cref="Checkpoint"/>.</summary>
    Freeze,

    /// <summary>The archives are brought off the node.</summary>
    Save,

    /// <summary>The archives are held against the node they are to come back on.</summary>
    Preflight,

    /// <summary>What a drill needs is made: a namespace of its own, with copies of what the pod refers to.</summary>
    Prepare,

    /// <summary>Images are made of the archives and pushed.</summary>
    Push,

    /// <summary>The images that the containers once ran from are pulled to the node.</summary>
    PullBaseImage,

    /// <summary>The pod is made and becomes Running and Ready; pulling the restore images is a part of it.</summary>
    Restore,

    /// <summary>The restored pod is probed.</summary>
    Probe,

    /// <summary>The owner takes the new pod over and the original goes.</summary>
    Replace,

    /// <summary>What was made for the time being is removed.</summary>
    CleanUp,
}
