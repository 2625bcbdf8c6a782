using System.Text.Json.Nodes;

namespace KubeCheckpoint.Sandbox;

/// <summary>A pod to add to the sandbox, which fills in what an API server and a kubelet would.</summary>
/// <param name="Namespace">The namespace, which is created if it does not exist.</param>
/// <param name="Name">The pod's name.</param>
/// <param name="NodeName">The node it runs on; empty for a pod that is not scheduled.</param>
/// <param name="Containers">Its containers.</param>
public sealed record SandboxPod(string Namespace, string Name, string NodeName, params IReadOnlyList<SandboxContainer> Containers)
{
    /// <summary>Its state.</summary>
    public SandboxPodState State { get; init; } = SandboxPodState.Running;

    /// <summary>Its labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The init containers; in a running pod, they have completed.</summary>
    public IReadOnlyList<SandboxContainer> InitContainers { get; init; } = [];

    /// <summary>The names of the emptyDir volumes that its containers mount.</summary>
    public IReadOnlyList<string> EmptyDirs { get; init; } = [];

    /// <summary>Whether a service account token is mounted.</summary>
    public bool AutomountServiceAccountToken { get; init; } = true;

    /// <summary>The name of the StatefulSet that owns the pod; empty for none.</summary>
    public string StatefulSet { get; init; } = "";

    /// <summary>Changes the finished manifest before it is stored, for anything without a property here; null for no change.</summary>
    public Action<JsonObject>? Adjust { get; init; }
}
