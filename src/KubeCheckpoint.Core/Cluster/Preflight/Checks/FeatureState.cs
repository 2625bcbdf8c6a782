namespace KubeCheckpoint.Cluster.Preflight.Checks;

/// <summary>The state of a feature in a version of a runtime.</summary>
public enum FeatureState
{
    /// <summary>On, unless disabled.</summary>
    On,

    /// <summary>Off, unless the node's administrator enabled it.</summary>
    OffByDefault,

    /// <summary>Present, but the version alone does not tell whether it is on by default.</summary>
    Unclear,

    /// <summary>Not implemented yet.</summary>
    Missing,

    /// <summary>No longer present.</summary>
    Removed,
}
