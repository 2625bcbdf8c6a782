namespace KubeCheckpoint.Cluster.Pods;

/// <summary>Which pods are wanted.</summary>
public sealed record PodQuery
{
    /// <summary>The pods' names. Empty: all.</summary>
    public IReadOnlyList<NamePattern> Names { get; init; } = [];

    /// <summary>The namespaces. Empty: the context's own; for a kubelet all.</summary>
    public IReadOnlyList<NamePattern> Namespaces { get; init; } = [];

    /// <summary>True for every namespace, listed in one request to the whole cluster.</summary>
    public bool AllNamespaces { get; init; }

    /// <summary>A label selector as kubectl's <c>-l</c> takes it, such as <c>app=web,tier in (a,b)</c>, or null.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>A field selector as kubectl takes it, such as <c>status.phase=Running</c>, or null.</summary>
    public string? FieldSelector { get; init; }

    /// <summary>Only the pods bound to this node, or null.</summary>
    public string? NodeName { get; init; }

    /// <summary>How many pods to ask for at a time.</summary>
    public int PageSize { get; init; } = 500;
}
