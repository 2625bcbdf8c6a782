namespace KubeCheckpoint.Cluster.Nodes;

/// <summary>Failures to find a node.</summary>
public static class NodeFailure
{
    /// <summary>The node does not exist.</summary>
    public static KubeCheckpointException NodeNotFound(string node, Exception? inner = null) => new(
        nameof(NodeNotFound), FailureCategory.ObjectNotFound, node,
        $"There is no node '{node}'.",
        "Check the name with 'kubectl get nodes'.", inner);

    /// <summary>No node has a name that matches.</summary>
    public static KubeCheckpointException NoNodeMatches(string pattern) => new(
        nameof(NoNodeMatches), FailureCategory.ObjectNotFound, pattern,
        $"No node has a name that matches '{pattern}'.",
        "Check the names with 'kubectl get nodes'.");
}
