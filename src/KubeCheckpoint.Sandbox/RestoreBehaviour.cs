namespace KubeCheckpoint.Sandbox;

/// <summary>How a node's runtime handles a restore image.</summary>
public enum RestoreBehaviour
{
    /// <summary>Restores what the rules of its runtime allow.</summary>
    Normal,

    /// <summary>CreateContainerError <c>checkpoint restore via CreateContainer is disabled by configuration</c>.</summary>
    Disabled,

    /// <summary>CreateContainerError: the image that the checkpointed container ran is not on the node.</summary>
    BaseImageMissing,
}
