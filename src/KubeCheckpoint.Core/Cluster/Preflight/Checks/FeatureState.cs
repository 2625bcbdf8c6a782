namespace KubeCheckpoint.Cluster.Preflight.Checks;

/// <summary>What a version of a runtime makes of a feature.</summary>
public enum FeatureState
{
    /// <summary>It is on unless it was switched off.</summary>
    On,

    /// <summary>It is there, and off unless the node's administrator switched it on.</summary>
    OffByDefault,

    /// <summary>It is there; whether it is on by default the version alone does not say.</summary>
    Unclear,

    /// <summary>It is not there yet.</summary>
    Missing,

    /// <summary>It is there no more.</summary>
    Removed,
}
