namespace KubeCheckpoint.Cluster.Pods;

/// <summary>Selects pods.</summary>
public sealed record PodQuery
{
    /// <summary>The names of the pods. Empty: all.</summary>
    public IReadOnlyList<NamePattern> Names { get; init; } = [];

    /// <summary>The namespaces. Empty: the namespace of the context; for a kubelet, all.</summary>
    public IReadOnlyList<NamePattern> Namespaces { get; init; } = [];

    /// <summary>True to list all namespaces with one request.</summary>
    public bool AllNamespaces { get; init; }

    /// <summary>A label selector as for kubectl's <c>-l</c>, such as <c>app=web,tier in (a,b)</c>, or null.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>A field selector as for kubectl, such as <c>status.phase=Running</c>, or null.</summary>
    public string? FieldSelector { get; init; }

    /// <summary>The node that the pods are bound to, or null.</summary>
    public string? NodeName { get; init; }

    /// <summary>The number of pods to request at a time.</summary>
    public int PageSize { get; init; } = 500;
}
