using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Pods;

/// <summary>Failures to find pods or to read a pod manifest.</summary>
public static class PodFailure
{
    /// <summary>The pod does not exist.</summary>
    public static KubeCheckpointException PodNotFound(string ns, string pod, Exception? inner = null) => new(
        nameof(PodNotFound), FailureCategory.ObjectNotFound, $"{ns}/{pod}",
        $"There is no pod '{pod}' in namespace '{ns}'.",
        "Check the name and the namespace with Get-Pod. A replaced pod has a new name.", inner);

    /// <summary>The pod does not exist in any of the given namespaces.</summary>
    public static KubeCheckpointException PodNotFoundAnywhere(string pod) => new(
        nameof(PodNotFoundAnywhere), FailureCategory.ObjectNotFound, pod,
        $"There is no pod '{pod}' in any of the given namespaces.",
        "Check the name with Get-Pod -AllNamespaces.");

    /// <summary>The namespace does not exist.</summary>
    public static KubeCheckpointException NamespaceNotFound(string ns, Exception? inner = null) => new(
        nameof(NamespaceNotFound), FailureCategory.ObjectNotFound, ns,
        $"There is no namespace '{ns}'.",
        "Check the name with 'kubectl get namespaces'.", inner);

    /// <summary>No namespace matches the pattern.</summary>
    public static KubeCheckpointException NoNamespaceMatches(string pattern) => new(
        nameof(NoNamespaceMatches), FailureCategory.ObjectNotFound, pattern,
        $"No namespace matches '{pattern}'.",
        "Check the names with 'kubectl get namespaces'.");

    /// <summary>The label or field selector has a syntax error, or selects by a field that pods cannot be selected by.</summary>
    public static KubeCheckpointException InvalidSelector(string selector, string message, Exception? inner = null) => new(
        nameof(InvalidSelector), FailureCategory.InvalidArgument, selector,
        $"The selector '{selector}' is not valid: {message.Shorten(300)}",
        "Labels: app=web,tier!=db,zone in (a,b),!canary. Fields: status.phase=Running and the others that the API supports for pods.",
        inner);
}
