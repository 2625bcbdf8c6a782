namespace KubeCheckpoint;

/// <summary>A pod as the API server or a kubelet shows it.</summary>
public sealed record Pod
{
    /// <summary>The namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The pod's name.</summary>
    public required string PodName { get; init; }

    /// <summary>The pod's uid.</summary>
    public string? PodUid { get; init; }

    /// <summary>The node it is bound to, or null while it is not scheduled.</summary>
    public string? NodeName { get; init; }

    /// <summary>What kubectl shows as STATUS: the phase, or the reason that says more, such as <c>CrashLoopBackOff</c>.</summary>
    public required string Status { get; init; }

    /// <summary>The phase: Pending, Running, Succeeded, Failed or Unknown.</summary>
    public string? Phase { get; init; }

    /// <summary>The pod's address, or null.</summary>
    public string? PodIP { get; init; }

    /// <summary>When the pod was created.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>The labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The containers in the order of the spec: init containers and sidecars first, ephemeral ones last.</summary>
    public required IReadOnlyList<Container> Containers { get; init; }

    /// <summary>The pod as JSON, as the server sent it.</summary>
    public required PodManifest Manifest { get; init; }

    /// <summary>The kubeconfig file the pod was read with, or null for the usual places.</summary>
    public string? KubeConfig => Cluster?.KubeConfig;

    /// <summary>The context the pod was read with, or null for the current one.</summary>
    public string? Context => Cluster?.Context;

    /// <summary>The user that requests were made as, or null for that of the kubeconfig.</summary>
    public string? As => Cluster?.As;

    /// <summary>The groups that requests were made as, if not those of the kubeconfig.</summary>
    public IReadOnlyList<string> AsGroup => Cluster?.AsGroup ?? [];

    /// <summary>How many containers of <c>spec.containers</c> and sidecars are ready.</summary>
    public int ReadyContainers => ServingContainers.Count(container => container.Ready);

    /// <summary>How many containers of <c>spec.containers</c> and sidecars there are.</summary>
    public int TotalContainers => ServingContainers.Count();

    /// <summary>How often the kubelet restarted containers of this pod.</summary>
    public int RestartCount => Containers.Sum(container => container.RestartCount);

    internal ClusterTarget? Cluster { get; init; }

    internal KubeletTarget? Kubelet { get; init; }

    /// <summary>True where the pod runs and its condition Ready holds.</summary>
    internal bool IsReady { get; init; }

    /// <summary>True where the pod is being deleted.</summary>
    internal bool IsEnding { get; init; }

    /// <summary>The version of the object, from which a watch starts.</summary>
    internal string? ResourceVersion { get; init; }

    /// <summary>The uids of the objects that own it.</summary>
    internal IReadOnlyList<string> OwnerUids { get; init; } = [];

    /// <summary>What the status says of the whole pod, or null.</summary>
    internal string? StatusMessage { get; init; }

    /// <summary>What the first condition with a message says, or null.</summary>
    internal string? ConditionMessage { get; init; }

    private IEnumerable<Container> ServingContainers =>
        Containers.Where(container => container.Kind is ContainerKind.Container or ContainerKind.Sidecar);

    /// <summary><c>namespace/name</c>.</summary>
    public override string ToString() => TerminalText.Line($"{Namespace}/{PodName}");
}
