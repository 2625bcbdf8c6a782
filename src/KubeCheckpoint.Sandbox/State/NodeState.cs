using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>A node at run time: its folder on disk, its kubelet's port, its behaviour.</summary>
internal sealed class NodeState
{
    public const string CheckpointFolder = "/var/lib/kubelet/checkpoints";

    private readonly ConcurrentDictionary<string, KubeletBehaviour> _behaviours = new();
    private readonly ConcurrentDictionary<string, bool> _busy = new();
    private readonly ConcurrentDictionary<string, bool> _dumped = new();

    public NodeState(SandboxNode definition, string folder)
    {
        Definition = definition;
        Root = folder;
        PrivateFile.CreateFolder(HostPath(CheckpointFolder));
        NodeFacts.Write(this);
        Cgroups = new(this);
        Service = new(this);
        Service.Start();
    }

    public SandboxNode Definition { get; }

    public string Name => Definition.Name;

    /// <summary>The folder that emulates the node's <c>/</c>.</summary>
    public string Root { get; }

    public int KubeletPort { get; set; }

    /// <summary>How it handles restore images: as a test has set it, or as its configuration says.</summary>
    public RestoreBehaviour Restore
    {
        get => field == RestoreBehaviour.Normal && !Service.Restores ? RestoreBehaviour.Disabled : field;
        set;
    }

    /// <summary>The cgroups of its containers.</summary>
    public NodeCgroups Cgroups { get; }

    /// <summary>The runtime as a service.</summary>
    public NodeService Service { get; }

    /// <summary>The images in its store.</summary>
    public NodeImages Images { get; } = new();

    /// <summary>The path on this machine of a path on the node.</summary>
    public string HostPath(string path) => Path.Join(Root, path.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>The folder of this machine that emulates an emptyDir volume of a pod.</summary>
    public string EmptyDir(string podUid, string volume) => HostPath($"/var/lib/kubelet/pods/{podUid}/volumes/kubernetes.io~empty-dir/{volume}");

    /// <summary>The path on the node of a pod's /dev/shm, where its runtime keeps it.</summary>
    public string SharedMemory(string podUid) => Definition.Runtime == SandboxRuntime.CriO
        ? $"/run/crio-storage/overlay-containers/{SandboxId(podUid)}/userdata/shm"
        : $"/run/containerd/io.containerd.grpc.v1.cri/sandboxes/{SandboxId(podUid)}/shm";

    /// <summary>The id of a pod's sandbox in its runtime.</summary>
    public static string SandboxId(string podUid) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(podUid)));

    /// <summary>Creates the folders of a pod's emptyDir volumes and of its /dev/shm.</summary>
    public void CreateVolumes(JsonObject pod)
    {
        var uid = pod.Text("metadata", "uid");
        Directory.CreateDirectory(HostPath(SharedMemory(uid)));
        foreach (var volume in pod.Items("spec", "volumes").Where(volume => volume["emptyDir"] is not null))
            Directory.CreateDirectory(EmptyDir(uid, volume.Text("name")));
    }

    public void Behave(KubeletBehaviour behaviour, string? ns, string? pod) => _behaviours[$"{ns}/{pod}"] = behaviour;

    public KubeletBehaviour Behaviour(string ns, string pod)
    {
        foreach (var key in (string[])[$"{ns}/{pod}", $"{ns}/", "/"])
        {
            if (_behaviours.TryGetValue(key, out var behaviour))
                return behaviour;
        }
        return KubeletBehaviour.Normal;
    }

    /// <summary>Whether this is the first dump of a container.</summary>
    public bool IsFirstDump(string container) => _dumped.TryAdd(container, true);

    /// <summary>Marks a container as busy; false if it was.</summary>
    public bool Take(string container) => _busy.TryAdd(container, true);

    public void Release(string container) => _busy.TryRemove(container, out _);
}
