namespace KubeCheckpoint.Sandbox;

/// <summary>What a sandbox cluster is made of, decided before it starts.</summary>
public sealed record SandboxOptions
{
    /// <summary>The nodes; by default node1 and node2 with CRI-O and node3 with containerd.</summary>
    public IReadOnlyList<SandboxNode> Nodes { get; init; } =
    [
        new("node1", SandboxRuntime.CriO),
        new("node2", SandboxRuntime.CriO),
        new("node3", SandboxRuntime.Containerd),
    ];

    /// <summary>Whether the pods that the documentation talks about (shop/web-1, default/counter ...) are there from the start.</summary>
    public bool DefaultPods { get; init; } = true;

    /// <summary>Where the kubeconfig is written, mode 0600; null for a file in the sandbox's own temporary folder.</summary>
    public string? KubeConfigPath { get; init; }

    /// <summary>How the registry behaves.</summary>
    public SandboxRegistryOptions Registry { get; init; } = new();

    /// <summary>How long a checkpoint takes from the request until the archive is written.</summary>
    public TimeSpan CheckpointDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The kubelet's runtimeRequestTimeout; a request's own <c>timeout</c> can only lengthen it.</summary>
    public TimeSpan RuntimeRequestTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long each step of a new pod takes (scheduling, pulling, starting).</summary>
    public TimeSpan PodStep { get; init; } = TimeSpan.FromMilliseconds(30);

    /// <summary>How long a container that could not start waits for the next try.</summary>
    public TimeSpan PodRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a deleted pod takes to end when its grace period is longer.</summary>
    public TimeSpan PodTermination { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>True to enforce the <c>baseline</c> pod security standard where a namespace says nothing: hostPath is refused there.</summary>
    public bool EnforcePodSecurity { get; init; }

    /// <summary>True for the trap of kubernetes#138957: the API server's kubelet client lacks <c>nodes/checkpoint</c>, so the proxy way is 403.</summary>
    public bool ApiServerLacksCheckpointRight { get; init; }

    /// <summary>Commands that no container's image has, for instance <c>sha256sum</c>.</summary>
    public IReadOnlyList<string> MissingCommands { get; init; } = [];

    /// <summary>Image references that cannot be pulled although their registry is not on loopback.</summary>
    public IReadOnlyList<string> MissingImages { get; init; } = [];
}
