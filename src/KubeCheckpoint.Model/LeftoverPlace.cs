namespace KubeCheckpoint;

/// <summary>Where something was left behind.</summary>
public enum LeftoverPlace
{
    /// <summary>In the cluster.</summary>
    Cluster,

    /// <summary>On a node of the cluster.</summary>
    Node,

    /// <summary>On this machine.</summary>
    Client,
}
