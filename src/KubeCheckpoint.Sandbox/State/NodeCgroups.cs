using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Cgroups;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>
/// The cgroups of a node's containers. They exist from the first pod that mounts them, or the first container with an emulated program: the
/// other sandboxes save the time.
/// </summary>
internal sealed class NodeCgroups(NodeState node) : IDisposable
{
    /// <summary>Where a node has its cgroups.</summary>
    public const string Folder = "/sys/fs/cgroup";

    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _active = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, Cgroup> _pods = [];
    private readonly Dictionary<string, HeldContainer> _containers = [];
    private readonly Dictionary<string, Cgroup> _supervisors = [];
    private readonly Dictionary<string, Placeholder> _processes = [];
    private readonly List<string> _links = [];
    private readonly List<(string Id, HeldContainer Container)> _ended = [];
    private long _version;

    public CgroupTree Tree { get; } = new(node.Definition, node.Root);

    /// <summary>Completes when the cgroups are there.</summary>
    public Task Active => _active.Task;

    /// <summary>Creates the cgroups of what runs.</summary>
    public void Activate(ClusterState state)
    {
        if (OperatingSystem.IsWindows())
            return;
        lock (_gate)
        {
            Tree.Create();
            Sync(state);
        }
        _active.TrySetResult();
    }

    public HeldContainer? Find(string id)
    {
        lock (_gate)
            return _containers.GetValueOrDefault(id) is { HasEnded: false } found ? found : null;
    }

    /// <summary>Reads and changes a container's cgroup while nothing else happens.</summary>
    public void Do(HeldContainer container, Action<HeldContainer> change)
    {
        lock (_gate)
        {
            if (container.HasEnded)
                return;
            _pods[container.PodUid].Read();
            container.Read();
            change(container);
            _pods[container.PodUid].Show();
            container.Cgroup.Show();
        }
    }

    /// <summary>Sends a signal to a pod that is being deleted.</summary>
    /// <returns>Whether tasks of it are left.</returns>
    public bool Terminate(string podUid, int signal)
    {
        lock (_gate)
        {
            foreach (var container in Of(podUid))
            {
                container.IsTerminating = true;
                container.Send(signal);
            }
            StepAll();
            return Of(podUid).Any();
        }
    }

    /// <summary>Lets a moment pass: takes over what was written to the cgroups and which containers there are, and runs the programs.</summary>
    /// <returns>The containers that have ended now, and should not have.</returns>
    public IReadOnlyList<(string Id, HeldContainer Container)> Step(ClusterState state)
    {
        lock (_gate)
        {
            if (state.Store.Version != _version)
                Sync(state);
            StepAll();
            var ended = _ended.ToList();
            _ended.Clear();
            return ended;
        }
    }

    /// <summary>Makes what a container sees of the node's processes show those of the cgroups, also those to come.</summary>
    public void Link(string folder)
    {
        lock (_gate)
        {
            _links.Add(folder);
            foreach (var process in _processes.Values)
                Link(folder, process);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var container in _containers.Values)
                container.End(SandboxWriterEnd.Deleted);
        }
    }

    private IEnumerable<HeldContainer> Of(string podUid) => _containers.Values.Where(container => container.PodUid == podUid && !container.HasEnded);

    private void StepAll()
    {
        // A pod's before its containers': who freezes a container and then thaws its pod must not see it run.
        foreach (var pod in _pods.Values)
            pod.Read();
        foreach ((var id, var container) in _containers.Where(pair => !pair.Value.HasEnded))
        {
            container.Read();
            if (container.Step(killsFrozen: Tree.Version == 2) && !container.IsTerminating)
                _ended.Add((id, container));
        }
        foreach (var pod in _pods.Values)
            pod.Show();
    }

    private void Sync(ClusterState state)
    {
        _version = state.Store.Version;
        var running = new HashSet<string>();
        var pods = new HashSet<string>();
        foreach (var pod in state.Store.List("pods").Objects.Select(stored => stored.Parse()).Where(pod => pod.Text("spec", "nodeName") == node.Name))
        {
            var specs = PodDefaults.Containers(pod).ToDictionary(spec => spec.Text("name"));
            foreach (var status in pod.Items("status", "containerStatuses").Concat(pod.Items("status", "initContainerStatuses")))
            {
                var id = status.Text("containerID").Split("://")[^1];
                if (status.At("state", "running") is null || id.Length == 0)
                    continue;
                running.Add(id);
                pods.Add(pod.Text("metadata", "uid"));
                if (!_containers.ContainsKey(id))
                    Add(state, pod, specs[status.Text("name")], id);
            }
        }
        foreach (var id in _containers.Keys.Where(id => !running.Contains(id)).ToList())
            Remove(id);
        foreach (var uid in _pods.Keys.Where(uid => !pods.Contains(uid)).ToList())
        {
            _pods.Remove(uid, out var cgroup);
            cgroup!.Dispose();
        }
    }

    private void Add(ClusterState state, JsonObject pod, JsonObject container, string id)
    {
        var uid = pod.Text("metadata", "uid");
        if (!_pods.TryGetValue(uid, out var parent))
            _pods[uid] = parent = Make(Tree.Pod(uid), null);
        var cgroup = Make(Tree.Container(uid, id), parent);
        var process = new Placeholder(node.HostPath("/host-proc/placeholders"), Tree.ProcessFile(uid, id));
        cgroup.ShowProcess(process.Id);
        if (Tree.Supervisor(uid, id) is { } supervisor)
            _supervisors[id] = Make(supervisor, parent);
        _containers[id] = new HeldContainer(uid, container, parent, cgroup, process, state.Writers.Start(pod, container, node, id));
        _processes[id] = process;
        foreach (var folder in _links.Where(Directory.Exists))
            Link(folder, process);
    }

    private Cgroup Make(string path, Cgroup? parent) => new(Tree.Freezer + path, node.HostPath("/cgroup.new"), Tree.Version, parent);

    private void Remove(string id)
    {
        _containers.Remove(id, out var container);
        container!.End(SandboxWriterEnd.Deleted);
        if (_supervisors.Remove(id, out var supervisor))
            supervisor.Dispose();
        _processes.Remove(id);
    }

    private static void Link(string folder, Placeholder process)
    {
        var link = Path.Join(folder, Path.GetFileName(process.Folder));
        if (Path.Exists(process.Folder) && !Path.Exists(link))
            File.CreateSymbolicLink(link, process.Folder);
    }
}
