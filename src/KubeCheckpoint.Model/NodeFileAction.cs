namespace KubeCheckpoint;

/// <summary>What was done to a file of a node.</summary>
public enum NodeFileAction
{
    /// <summary>It did not exist and was written.</summary>
    Created,

    /// <summary>Lines were added to it.</summary>
    Changed,

    /// <summary>It has its old content again.</summary>
    Restored,

    /// <summary>It was removed again.</summary>
    Removed,

    /// <summary>It was left alone: it is not what was written, or its backup is not what was there.</summary>
    Left,
}
