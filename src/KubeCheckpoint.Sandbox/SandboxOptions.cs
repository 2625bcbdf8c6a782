namespace KubeCheckpoint.Sandbox;

/// <summary>The options of a sandbox cluster.</summary>
public sealed record SandboxOptions
{
    /// <summary>The nodes; by default node1 and node2 with CRI-O and node3 with containerd.</summary>
    public IReadOnlyList<SandboxNode> Nodes { get; init; } =
    [
        new("node1", SandboxRuntime.CriO),
        new("node2", SandboxRuntime.CriO),
        new("node3", SandboxRuntime.Containerd),
    ];

    /// <summary>Whether the pods of the documentation (shop/web-1, default/counter ...) exist at the start.</summary>
    public bool DefaultPods { get; init; } = true;

    /// <summary>Where the kubeconfig is written, mode 0600; null for a file in the sandbox's own temporary folder.</summary>
    public string? KubeConfigPath { get; init; }

    /// <summary>How the registry behaves.</summary>
    public SandboxRegistryOptions Registry { get; init; } = new();

    /// <summary>How long a checkpoint takes from the request until the archive is written.</summary>
    public TimeSpan CheckpointDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long a container's cgroup is frozen, and then thawed, before its dump ends, on a node whose cgroups a pod has mounted.
    /// </summary>
    public TimeSpan DumpStep { get; init; } = TimeSpan.FromMilliseconds(30);

    /// <summary>
    /// The longest time from the end of a dump until the runtime resumes the container. It ends when the pod's cgroup is frozen: a long one does not
    /// make a test slow, but a pod that is to be held is held in time.
    /// </summary>
    public TimeSpan HoldWindow { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>The kubelet's runtimeRequestTimeout; a request's own <c>timeout</c> can only lengthen it.</summary>
    public TimeSpan RuntimeRequestTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long each step of a new pod takes (scheduling, pulling, starting).</summary>
    public TimeSpan PodStep { get; init; } = TimeSpan.FromMilliseconds(30);

    /// <summary>How long a container that could not start waits before the next attempt.</summary>
    public TimeSpan PodRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest time that a deleted pod takes to end.</summary>
    public TimeSpan PodTermination { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long the garbage collector takes to delete a pod whose owners are gone.</summary>
    public TimeSpan CollectorDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long it takes until the kubelet puts back a status that someone else has patched.</summary>
    public TimeSpan StatusPeriod { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>True to enforce the <c>baseline</c> pod security standard, which refuses hostPath, in namespaces without a label.</summary>
    public bool EnforcePodSecurity { get; init; }

    /// <summary>True for kubernetes#138957: the API server's kubelet client lacks <c>nodes/checkpoint</c>, so the proxy responds with 403.</summary>
    public bool ApiServerLacksCheckpointRight { get; init; }

    /// <summary>Commands that no image has, such as <c>sha256sum</c>.</summary>
    public IReadOnlyList<string> MissingCommands { get; init; } = [];

    /// <summary>The names of containers whose images have no command but their own program: no shell.</summary>
    public IReadOnlyList<string> ContainersWithoutShell { get; init; } = [];

    /// <summary>Changes the files of a restored container before its process starts, in the folder that emulates its root; null for none.</summary>
    public Action<string>? ChangeRestoredFiles { get; init; }

    /// <summary>How long ago the processes of restored containers seem to have started: what changed since may be their doing.</summary>
    public TimeSpan RestoredAge { get; init; }

    /// <summary>
    /// The images in registries outside the sandbox that it describes; any other image can only be pulled. Default: counter and busybox, which
    /// every node has, and redis, which none has.
    /// </summary>
    public IReadOnlyList<SandboxImage> Images { get; init; } =
    [
        new(SandboxContainer.CounterImage,
            "sha256:28f8ec0eefae275ee8cc1945f3f86ae6eef0b4e4d9669fb62b872328f5b6b58f",
            "87f6b810417b40ca6f1fbcc1bd098b9fbe16aeadb5a49b755fe41705b1a6fff6"),
        new("docker.io/library/busybox:1.36",
            "sha256:73aaf090f3d85aa34ee199857f03fa3a95c8ede2ffd4cc2cdb5b94e566b11662",
            "65ad0d468eb1c558bf7f4e64e790f586e9eda649ee9f130cd0e835b292bbc5ac"),
        new("127.0.0.1:5000/redis:8",
            "sha256:32d7f6b0345b0f8b686809bedf8f67777951bdbed5bc86510b6650c611ed7a40",
            "993211eed5ef58be718470039919a811e433d10d127048262c677c671209b155") { Nodes = [] },
    ];

    /// <summary>Image references outside loopback that cannot be pulled.</summary>
    public IReadOnlyList<string> MissingImages { get; init; } = [];
}
