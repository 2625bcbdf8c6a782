namespace KubeCheckpoint;

/// <summary>How a file of a restored container differs from the checkpoint.</summary>
public enum RestoredFileProblem
{
    /// <summary>It does not exist.</summary>
    Missing,

    /// <summary>It is of another type, a folder instead of a file for example.</summary>
    OtherType,

    /// <summary>It has another size.</summary>
    OtherSize,

    /// <summary>It was modified at another time.</summary>
    OtherTime,
}
