using System.Net;
using KubeCheckpoint.Archives.Owners;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Credentials;
using KubeCheckpoint.Cluster.KubeConfigs;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Http;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Clients;

/// <summary>Connects to a cluster's API server with the credentials of a kubeconfig.</summary>
public sealed class ClusterClient : IDisposable
{
    private ClusterClient(ClusterTarget target, ApiServer server, string defaultNamespace, ObjectOwner owner)
    {
        Target = target;
        Server = server;
        Owner = owner;
        Pods = new(server, target);
        DefaultNamespace = defaultNamespace;
    }

    /// <summary>The kubeconfig and context of the connection.</summary>
    public ClusterTarget Target { get; }

    /// <summary>The namespace of the context, or <c>default</c>.</summary>
    public string DefaultNamespace { get; }

    /// <summary>
    /// What the user should know about the safety of the connection, such as that the server's certificate is not checked
    /// (<c>insecure-skip-tls-verify</c>), or null.
    /// </summary>
    public string? Warning => Server.Warning;

    internal ApiServer Server { get; }

    /// <summary>Who owns what is created through this client.</summary>
    internal ObjectOwner Owner { get; }

    internal PodApi Pods { get; }

    /// <summary>
    /// Reads the kubeconfig and creates a client, without sending a request: an unreachable cluster shows at the first one, and so does a
    /// credential plugin that fails.
    /// </summary>
    /// <param name="target">The kubeconfig and context.</param>
    /// <param name="interaction">How a credential plugin may deal with the user.</param>
    /// <param name="cmdlet">The cmdlet that works with it, which is named in a label of what it creates; null for none.</param>
    /// <exception cref="KubeCheckpointException">
    /// KubeConfigNotFound, KubeConfigUnreadable, KubeConfigInvalid, ContextNotFound, CurrentContextNotSet, NoClusterConfigured,
    /// AuthProviderNotSupported, ImpersonationInvalid, ProxyInvalid.
    /// </exception>
    public static ClusterClient Connect(ClusterTarget target, PluginInteraction interaction = PluginInteraction.Terminal, string? cmdlet = null) =>
        Connect(target, interaction, cmdlet, new());

    internal static ClusterClient Connect(ClusterTarget target, PluginInteraction interaction, string? cmdlet, HttpTimings timings)
    {
        var access = KubeConfigLoader.Load(target);
        return new(target, ApiServer.Connect(access, interaction, timings), access.Namespace, new(OwnerProcess.Current, cmdlet));
    }

    /// <summary>Finds pods and returns them as they arrive, each once.</summary>
    /// <param name="query">The pods to find.</param>
    /// <param name="onFailure">
    /// Receives failures that concern one name or namespace, while the others continue: PodNotFound, PodNotFoundAnywhere,
    /// NamespaceNotFound, NoNamespaceMatches, Forbidden, InvalidSelector, InvalidName.
    /// </param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <exception cref="KubeCheckpointException">
    /// ClusterUnreachable, ClusterCertificateInvalid, Unauthorized, ClusterBusy, UnexpectedAnswer; Forbidden if a namespace has wildcards
    /// and the user may not list namespaces.
    /// </exception>
    public IAsyncEnumerable<Pod> GetPodsAsync(
        PodQuery query, Action<KubeCheckpointException> onFailure, CancellationToken cancellationToken) =>
        new PodLister(Pods, DefaultNamespace, query, onFailure).ListAsync(cancellationToken);

    /// <summary>Reads one pod.</summary>
    /// <param name="ns">Its namespace.</param>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="KubeCheckpointException">PodNotFound, NamespaceNotFound, Forbidden, ClusterUnreachable and the like.</exception>
    public Task<Pod> GetPodAsync(string ns, string name, CancellationToken cancellationToken) =>
        Pods.GetAsync(ns, name, cancellationToken);

    /// <summary>The namespaces.</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="KubeCheckpointException">Forbidden, ClusterUnreachable and the like.</exception>
    public Task<IReadOnlyList<ClusterNamespace>> GetNamespacesAsync(CancellationToken cancellationToken) => Pods.ListAsync(
        "namespaces",
        item => new ClusterNamespace(PodApi.NameOf(item), item.Text("status", "phase"), item.Time("metadata", "creationTimestamp")),
        cancellationToken);

    /// <summary>Reads one node.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="KubeCheckpointException">NodeNotFound, InvalidName, Forbidden, ClusterUnreachable and the like.</exception>
    public async Task<ClusterNode> GetNodeAsync(string name, CancellationToken cancellationToken)
    {
        var response = await Server.SendAsync(HttpMethod.Get, $"api/v1/nodes/{ResourceName.Node(name)}", cancellationToken).ConfigureAwait(false);
        if (response.Status == HttpStatusCode.NotFound)
            throw NodeFailure.NodeNotFound(name, response.ToException());
        if (!response.IsSuccess)
            throw ApiRefusal.ToFailure(response, Server.Connection.BaseUri);
        using var json = Server.ReadJson(response);
        return NodeReader.Read(json.RootElement);
    }

    /// <summary>Reads all nodes.</summary>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <exception cref="KubeCheckpointException">Forbidden, ClusterUnreachable and the like.</exception>
    public Task<IReadOnlyList<ClusterNode>> GetNodesAsync(CancellationToken cancellationToken) =>
        Pods.ListAsync("nodes", NodeReader.Read, cancellationToken);

    /// <summary>The contexts of a kubeconfig. Sends no request.</summary>
    /// <param name="kubeConfig">The file, or null for the default locations.</param>
    /// <exception cref="KubeCheckpointException">KubeConfigNotFound, KubeConfigUnreadable, KubeConfigInvalid.</exception>
    public static IReadOnlyList<KubeConfigContext> GetContexts(string? kubeConfig) => KubeConfigLoader.Contexts(kubeConfig);

    /// <summary>Closes the connections.</summary>
    public void Dispose() => Server.Dispose();
}

/// <summary>A namespace of a cluster.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Phase">Active or Terminating.</param>
/// <param name="CreatedAt">When it was created.</param>
public sealed record ClusterNamespace(string Name, string? Phase, DateTimeOffset? CreatedAt);
