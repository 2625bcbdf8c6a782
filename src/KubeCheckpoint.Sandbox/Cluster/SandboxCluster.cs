using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Api;
using KubeCheckpoint.Sandbox.Controllers;
using KubeCheckpoint.Sandbox.Hosting;
using KubeCheckpoint.Sandbox.Identity;
using KubeCheckpoint.Sandbox.Kubelet;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Cluster;

/// <summary>
/// A cluster in this process, on 127.0.0.1: an API server, a kubelet per node and an image registry, with the APIs that KubeCheckpoint
/// uses. It is an emulator: no container runs, and CRIU is never called. Checkpoints are copies of real archives in which only the identity
/// (names, UID, IDs, pod IP, times) is rewritten. Restores follow the rules of the runtimes, and the pods are then reported as running.
/// Commands of exec really run, on this machine, with the sandbox's folders in place of the nodes' hostPath volumes; on Windows, which has no
/// sh, exec responds with 500. <see cref="DisposeAsync"/> stops and deletes everything.
/// </summary>
public sealed class SandboxCluster : IAsyncDisposable
{
    private readonly ClusterState _state;
    private readonly ClusterServers _servers;
    private readonly ClientCertificates _certificates;
    private bool _disposed;

    private SandboxCluster(SandboxOptions options)
    {
        _state = new ClusterState(options, Directory.CreateTempSubdirectory("kubecheckpoint-sandbox-").FullName);
        _servers = new ClusterServers(_state);
        _certificates = new ClientCertificates(Path.Join(_state.Folder, "pki"), _state.Authority, _state.Users);
    }

    /// <summary>The kubeconfig, mode 0600. Contexts: <c>admin</c> (client certificate), <c>operator</c> (the documented permissions),
    /// <c>limited</c> (none), <c>checkpointer</c> (only create nodes/checkpoint); the last three use tokens.</summary>
    public string KubeConfigPath => _state.Options.KubeConfigPath ?? Path.Join(_state.Folder, "kubeconfig");

    /// <summary>The API server's address.</summary>
    public Uri ApiServer => new($"https://127.0.0.1:{_servers.ApiPort}");

    /// <summary>The registry's host and port, as in image references.</summary>
    public string RegistryAddress => $"127.0.0.1:{_servers.RegistryPort}";

    /// <summary>The PEM file of the CA that signed every certificate of the sandbox.</summary>
    public string CertificateAuthorityPath => Path.Join(_state.Folder, "pki", "ca.crt");

    /// <summary>The PEM file of a client certificate that every kubelet accepts: the API server's.</summary>
    public string KubeletClientCertificatePath => ClientCertificatePath(UserDirectory.ApiServerKubeletClient);

    /// <summary>The PEM file of the key to <see cref="KubeletClientCertificatePath"/>.</summary>
    public string KubeletClientKeyPath => ClientKeyPath(UserDirectory.ApiServerKubeletClient);

    /// <summary>Bearer tokens by user: admin, operator, limited-user, checkpointer, and the service accounts
    /// system:serviceaccount:default:ck-sa (nodes/checkpoint) and system:serviceaccount:default:proxy-sa (nodes/proxy).</summary>
    public IReadOnlyDictionary<string, string> Tokens => _state.Users.Tokens;

    /// <summary>Copies of the current pods.</summary>
    public IReadOnlyList<JsonObject> Pods => [.. _state.Store.List(PodLifecycle.Resource).Objects.Select(stored => stored.Parse())];

    /// <summary>The pods that mount a hostPath volume, sorted by namespace and name: helper pods that have not been deleted.</summary>
    public IReadOnlyList<JsonObject> HelperPods => [.. Pods.Where(pod => pod.Items("spec", "volumes").Any(volume => volume["hostPath"] is not null))];

    /// <summary>
    /// Lets the running helper pods end by themselves: runs the commands of their containers, as if no one used the pods any more and time passed
    /// quickly. The commands really run, as those of exec do.
    /// </summary>
    /// <returns>A task that ends with the last of them.</returns>
    public Task EndHelperPodsAsync() => Task.WhenAll(HelperPods
        .Where(pod => pod.Text("status", "phase") == "Running" && !MainProcesses.Has(pod))
        .Select(pod => new ContainerCommand(_state, pod, _state.Nodes[pod.Text("spec", "nodeName")]).RunAsync(_state.Stopping)));

    /// <summary>Copies of the current v1 Events.</summary>
    public IReadOnlyList<JsonObject> Events => [.. _state.Store.List(EventRecorder.Resource).Objects.Select(stored => stored.Parse())];

    /// <summary>The containers that nodes restored, in order.</summary>
    public IReadOnlyList<RestoredContainer> RestoredContainers => [.. _state.Restored];

    /// <summary>What the emulated programs of <see cref="SandboxContainer.Writes"/> have done, one object for each start of a container.</summary>
    public IReadOnlyList<SandboxWriter> Writers => _state.Writers.Results;

    /// <summary>The requests that the servers received, in order.</summary>
    public IReadOnlyList<SandboxRequest> Requests => [.. _state.Requests];

    /// <summary>Starts a cluster on free ports.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <returns>The running cluster; dispose of it to stop.</returns>
    /// <exception cref="IOException">No port is free, or the temporary folder cannot be created.</exception>
    public static async Task<SandboxCluster> StartAsync(SandboxOptions? options = null)
    {
        var cluster = new SandboxCluster(options ?? new SandboxOptions());
        try
        {
            await cluster.StartServersAsync();
            cluster.Populate();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The address of a node's kubelet.</summary>
    /// <param name="node">The node's name.</param>
    /// <returns>An https address with the kubelet's port.</returns>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public Uri KubeletUri(string node) => new($"https://127.0.0.1:{_state.Nodes[node].KubeletPort}");

    /// <summary>The folder of this machine that emulates a node's <c>/var/lib/kubelet/checkpoints</c>.</summary>
    /// <param name="node">The node's name.</param>
    /// <returns>A full path.</returns>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public string CheckpointFolder(string node) => _state.Nodes[node].HostPath(NodeState.CheckpointFolder);

    /// <summary>The folder that emulates an emptyDir volume of a pod, or its /dev/shm. It is created if it does not exist.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="name">The pod's name.</param>
    /// <param name="volume">The name of the volume, or null for /dev/shm.</param>
    /// <returns>A full path.</returns>
    public string VolumeFolder(string ns, string name, string? volume)
    {
        var pod = _state.Store.Get(PodLifecycle.Resource, ns, name)!.Parse();
        var node = _state.Nodes[pod.Text("spec", "nodeName")];
        var uid = pod.Text("metadata", "uid");
        return Directory.CreateDirectory(volume is null ? node.HostPath(node.SharedMemory(uid)) : node.EmptyDir(uid, volume)).FullName;
    }

    /// <summary>The path on this machine of a file of a node.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="path">The path on the node, in /etc or /usr.</param>
    /// <returns>A full path.</returns>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public string NodeFile(string node, string path) => _state.Nodes[node].HostPath(path);

    /// <summary>How often the runtime of a node was restarted.</summary>
    /// <param name="node">The node's name.</param>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public int RuntimeRestarts(string node) => _state.Nodes[node].Service.Restarts;

    /// <summary>The PEM file of a user's client certificate, which is issued at the first call.</summary>
    /// <param name="user">A key of <see cref="Tokens"/>.</param>
    /// <returns>A full path.</returns>
    /// <exception cref="KeyNotFoundException">There is no such user.</exception>
    public string ClientCertificatePath(string user) => _certificates.PathOf(user) + ".crt";

    /// <summary>The PEM file of the key to a user's client certificate.</summary>
    /// <param name="user">A key of <see cref="Tokens"/>.</param>
    /// <returns>A full path.</returns>
    /// <exception cref="KeyNotFoundException">There is no such user.</exception>
    public string ClientKeyPath(string user) => _certificates.PathOf(user) + ".key";

    /// <summary>Adds a pod to the cluster, in the given state.</summary>
    /// <param name="pod">The pod.</param>
    /// <returns>A copy of the object, as the API server returns it.</returns>
    /// <exception cref="InvalidOperationException">A pod with this name exists.</exception>
    public JsonObject AddPod(SandboxPod pod)
    {
        foreach (var container in pod.Containers)
            _state.Processes[$"{pod.Namespace}/{pod.Name}/{container.Name}"] = container.Processes;
        foreach (var container in pod.Containers.Where(container => container.Archive is not null))
            _state.Archives[$"{pod.Namespace}/{pod.Name}/{container.Name}"] = container.Archive!;
        foreach (var container in pod.Containers.Where(container => container.Writes))
            _state.Writers.Declare($"{pod.Namespace}/{pod.Name}/{container.Name}", container.WritesTo);
        var node = _state.Nodes.GetValueOrDefault(pod.NodeName);
        var added = AddPod(PodManifest.Create(pod, node?.Definition, pod.NodeName.Length > 0 ? _servers.Lifecycle.NextPodIp() : ""));
        if (pod.Containers.Any(container => container.Writes))
        {
            node?.CreateVolumes(added);
            node?.Cgroups.Activate(_state);
        }
        return added;
    }

    /// <summary>Adds a pod to the cluster with its status unchanged. Its service account becomes known.</summary>
    /// <param name="pod">A complete object, as an API server would store it.</param>
    /// <returns>A copy of the object, as the API server returns it.</returns>
    /// <exception cref="InvalidOperationException">A pod with this name exists.</exception>
    public JsonObject AddPod(JsonObject pod)
    {
        var ns = pod.Text("metadata", "namespace");
        AddNamespace(ns);
        if (pod.Text("spec", "serviceAccountName") is { Length: > 0 } account)
            ContentObjects.Create(_state, "serviceaccounts", new JsonObject { ["metadata"] = new JsonObject { ["name"] = account, ["namespace"] = ns } });
        var stored = _state.Store.Create(PodLifecycle.Resource, (JsonObject)pod.DeepClone())
            ?? throw new InvalidOperationException($"Pod {ns}/{pod.Text("metadata", "name")} is there already.");
        return stored.Parse();
    }

    /// <summary>Changes a pod, as a controller or a kubelet would. Watchers receive the change.</summary>
    /// <param name="ns">The pod's namespace.</param>
    /// <param name="name">The pod's name.</param>
    /// <param name="change">Changes the object it is given.</param>
    /// <exception cref="KeyNotFoundException">There is no such pod.</exception>
    public void UpdatePod(string ns, string name, Action<JsonObject> change)
    {
        if (_state.Store.Update(PodLifecycle.Resource, ns, name, change) is null)
            throw new KeyNotFoundException($"There is no pod {ns}/{name}.");
    }

    /// <summary>Removes a pod from the cluster immediately, if it exists.</summary>
    /// <param name="ns">The pod's namespace.</param>
    /// <param name="name">The pod's name.</param>
    public void RemovePod(string ns, string name)
    {
        if (_state.Store.Get(PodLifecycle.Resource, ns, name) is { } stored)
            _servers.Lifecycle.End(stored.Parse(), TimeSpan.Zero);
    }

    /// <summary>Adds a namespace, if it does not exist.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="labels">Labels, such as pod-security.kubernetes.io/enforce; null for none.</param>
    public void AddNamespace(string name, IReadOnlyDictionary<string, string>? labels = null)
    {
        var json = new JsonObject();
        foreach ((var key, var value) in labels ?? new Dictionary<string, string>())
            json[key] = value;
        if (_state.Store.Create("namespaces", NamespaceCreation.Manifest(name, json)) is not null)
            NamespaceContent.Fill(_state, name);
    }

    /// <summary>Adds an object other than a pod to the cluster, such as a Secret, a ReplicaSet or a claim.</summary>
    /// <param name="resource">Its resource, such as <c>secrets</c> or <c>replicasets</c>.</param>
    /// <param name="json">The object, with its name and namespace.</param>
    /// <returns>A copy of the object, as the API server returns it.</returns>
    /// <exception cref="InvalidOperationException">An object with this name exists.</exception>
    public JsonObject AddObject(string resource, JsonObject json)
    {
        AddNamespace(json.Text("metadata", "namespace"));
        return ContentObjects.Create(_state, resource, (JsonObject)json.DeepClone())?.Parse()
            ?? throw new InvalidOperationException($"{resource} {json.Text("metadata", "name")} is there already.");
    }

    /// <summary>Copies of the current objects of a kind.</summary>
    /// <param name="resource">Their resource, such as <c>namespaces</c> or <c>configmaps</c>.</param>
    public IReadOnlyList<JsonObject> Objects(string resource) => [.. _state.Store.List(resource).Objects.Select(stored => stored.Parse())];

    /// <summary>Changes a node as an administrator or its kubelet would.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="change">Changes the object it is given.</param>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public void UpdateNode(string name, Action<JsonObject> change)
    {
        if (_state.Store.Update("nodes", "", name, change) is null)
            throw new KeyNotFoundException($"There is no node {name}.");
    }

    /// <summary>Sets the responses at the ports of pods, whose programs do not run.</summary>
    /// <param name="respond">Receives the pod, the port and the path with query; returns status and body, or null if the port is closed.</param>
    public void ServePods(Func<JsonObject, int, string, (int Status, string Body)?> respond) => _state.PodHttp = respond;

    /// <summary>Copies of the current roles and bindings.</summary>
    public IReadOnlyList<JsonObject> AccessObjects =>
    [
        .. ((string[])[Authorizer.ClusterRoles, Authorizer.Roles, Authorizer.ClusterRoleBindings, Authorizer.RoleBindings])
            .SelectMany(resource => _state.Store.List(resource).Objects).Select(stored => stored.Parse()),
    ];

    /// <summary>Changes a role or binding without a request.</summary>
    /// <param name="resource">clusterroles, roles, clusterrolebindings or rolebindings.</param>
    /// <param name="name">The name of a cluster role or cluster role binding.</param>
    /// <param name="change">Changes the object it is given.</param>
    public void ChangeAccessObject(string resource, string name, Action<JsonObject> change) => _state.Store.Update(resource, "", name, change);

    /// <summary>Lets a user read and apply roles and bindings, but gives no permission that could be granted with them.</summary>
    /// <param name="user">A key of <see cref="Tokens"/>.</param>
    public void AllowAccessObjects(string user)
    {
        var rule = new JsonObject
        {
            ["apiGroups"] = new JsonArray(Api.AccessObjects.Group),
            ["resources"] = new JsonArray("*"),
            ["verbs"] = new JsonArray("get", "create", "patch"),
        };
        _state.Store.Create(Authorizer.ClusterRoles, new JsonObject
        {
            ["kind"] = "ClusterRole",
            ["metadata"] = new JsonObject { ["name"] = "access" },
            ["rules"] = new JsonArray(rule),
        });
        _state.Store.Create(Authorizer.ClusterRoleBindings, new JsonObject
        {
            ["kind"] = "ClusterRoleBinding",
            ["metadata"] = new JsonObject { ["name"] = "access" },
            ["roleRef"] = new JsonObject { ["kind"] = "ClusterRole", ["name"] = "access" },
            ["subjects"] = new JsonArray(new JsonObject { ["kind"] = "User", ["name"] = user }),
        });
    }

    /// <summary>The permissions that a user has used at the API server and at kubelets, such as <c>create pods</c>.</summary>
    /// <param name="user">The user's name.</param>
    public IReadOnlyList<string> UsedRights(string user) => [.. _state.Authorizer.UsedBy(user)];

    /// <summary>Adds a fault.</summary>
    /// <param name="fault">The fault, with its conditions.</param>
    public void AddFault(SandboxFault fault) => _state.Faults.Add(fault);

    /// <summary>Sets how a kubelet handles checkpoint requests.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="behaviour">The new behaviour.</param>
    /// <param name="ns">The namespace to which it applies; null for all.</param>
    /// <param name="podName">The pod to which it applies; null for all pods of the namespace.</param>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public void SetKubeletBehaviour(string node, KubeletBehaviour behaviour, string? ns = null, string? podName = null) =>
        _state.Nodes[node].Behave(behaviour, ns, podName);

    /// <summary>Sets how a node's runtime handles restore images.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="behaviour">The new behaviour.</param>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public void SetRestoreBehaviour(string node, RestoreBehaviour behaviour) => _state.Nodes[node].Restore = behaviour;

    /// <summary>Adds an image to a node's store, as a pull does. Another image with the same name loses the name.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="image">The image.</param>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public void AddImage(string node, SandboxImage image)
    {
        _state.Nodes[node].Images.Add(image, image.Name);
        NodeManifest.WriteImages(_state, _state.Nodes[node]);
    }

    /// <summary>Whether a node has an image.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="reference">A name with tag or digest, or an image ID.</param>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public bool HasImage(string node, string reference) => _state.Nodes[node].Images.Has(reference);

    /// <summary>Removes an image from a node's store, if it is there.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="id">The image ID.</param>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public void RemoveImage(string node, string id)
    {
        _state.Nodes[node].Images.Remove(id);
        NodeManifest.WriteImages(_state, _state.Nodes[node]);
    }

    /// <summary>Stops a node's kubelet: connections are refused, and the node proxy responds with 503.</summary>
    /// <param name="node">The node's name.</param>
    /// <returns>A task that ends when the port is closed.</returns>
    public Task StopKubeletAsync(string node) => _servers.StopKubeletAsync(node);

    /// <summary>Starts a node's kubelet again, on the same port.</summary>
    /// <param name="node">The node's name.</param>
    /// <returns>A task that ends when the kubelet listens.</returns>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public Task StartKubeletAsync(string node) => _servers.StartKubeletAsync(node);

    /// <summary>Stops all servers and background work, and deletes the temporary folder.</summary>
    /// <returns>A task that ends when everything is stopped and deleted.</returns>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        await _state.StopAsync();
        await _servers.DisposeAsync();
        _state.Dispose();
        if (Directory.Exists(_state.Folder))
            Directory.Delete(_state.Folder, recursive: true);
        if (_state.Options.KubeConfigPath is { } path)
            File.Delete(path);
    }

    private async Task StartServersAsync()
    {
        ContainerTools.Prepare(_state);
        PrivateFile.CreateFolder(Path.Join(_state.Folder, "pki"));
        PrivateFile.Write(CertificateAuthorityPath, _state.Authority.Pem);
        await _servers.StartAsync();
        KubeConfigFile.Write(KubeConfigPath, ApiServer, _state.Authority, _state.Users);
        foreach (var node in _state.Nodes.Values)
            _state.Run(new ContainerSupervisor(_state, node).RunAsync);
        _state.Run(new ReplicaSetController(_state, _servers.Lifecycle).RunAsync);
        _state.Run(new JobController(_state, _servers.Lifecycle).RunAsync);
        _state.Run(new GarbageCollector(_state, _servers.Lifecycle).RunAsync);
        _state.Run(new MainProcesses(_state, _servers.Lifecycle).RunAsync);
    }

    private void Populate()
    {
        foreach (var node in _state.Nodes.Values)
        {
            foreach (var image in _state.Options.Images.Where(image => image.Nodes?.Contains(node.Name) ?? true))
                node.Images.Add(image, image.Name);
            _state.Store.Create("nodes", NodeManifest.Create(node.Definition, node.KubeletPort, node.Images));
        }
        foreach (var name in (string[])["default", "kube-node-lease", "kube-public", "kube-system"])
            AddNamespace(name);
        AddNamespace("kube-checkpoint", new Dictionary<string, string> { ["pod-security.kubernetes.io/enforce"] = "privileged" });
        if (_state.Options.DefaultPods)
        {
            foreach (var pod in DefaultPods.All().Where(pod => pod.NodeName.Length == 0 || _state.Nodes.ContainsKey(pod.NodeName)))
                AddPod(pod);
        }
    }
}
