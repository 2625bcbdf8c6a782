using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Pods;

/// <summary>Failures to find pods or to read a pod manifest.</summary>
public static class PodFailure
{
    /// <summary>There is no such pod.</summary>
    public static KubeCheckpointException PodNotFound(string ns, string pod, Exception? inner = null) => new(
        nameof(PodNotFound), FailureCategory.ObjectNotFound, $"{ns}/{pod}",
        $"There is no pod '{pod}' in namespace '{ns}'.",
        "Check the name and the namespace with Get-Pod. A pod that was replaced has a new name.", inner);

    /// <summary>There is no such pod in any of the namespaces looked at.</summary>
    public static KubeCheckpointException PodNotFoundAnywhere(string pod) => new(
        nameof(PodNotFoundAnywhere), FailureCategory.ObjectNotFound, pod,
        $"There is no pod '{pod}' in any of the namespaces asked for.",
        "Check the name with Get-Pod -AllNamespaces.");

    /// <summary>There is no such namespace.</summary>
    public static KubeCheckpointException NamespaceNotFound(string ns, Exception? inner = null) => new(
        nameof(NamespaceNotFound), FailureCategory.ObjectNotFound, ns,
        $"There is no namespace '{ns}'.",
        "Check the name with 'kubectl get namespaces'.", inner);

    /// <summary>No namespace matches a pattern.</summary>
    public static KubeCheckpointException NoNamespaceMatches(string pattern) => new(
        nameof(NoNamespaceMatches), FailureCategory.ObjectNotFound, pattern,
        $"No namespace matches '{pattern}'.",
        "Check the names with 'kubectl get namespaces'.");

    /// <summary>A label or field selector that cannot be read, or a field that pods cannot be selected by.</summary>
    public static KubeCheckpointException InvalidSelector(string selector, string words, Exception? inner = null) => new(
        nameof(InvalidSelector), FailureCategory.InvalidArgument, selector,
        $"The selector '{selector}' is not valid: {words.Shorten(300)}",
        "Labels: app=web,tier!=db,zone in (a,b),!canary. Fields: status.phase=Running and the others that the API supports for pods.",
        inner);

    /// <summary>The manifest is not that of a pod.</summary>
    public static KubeCheckpointException PodManifestInvalid(string words, Exception? inner = null) => new(
        nameof(PodManifestInvalid), FailureCategory.InvalidData, null,
        $"The pod manifest cannot be used: {words}.",
        "Give a pod as JSON with -Manifest, as 'kubectl get pod NAME -o json' prints it.", inner);
}
