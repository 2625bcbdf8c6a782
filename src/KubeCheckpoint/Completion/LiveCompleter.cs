using KubeCheckpoint.Cluster.Access;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Credentials;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Formatting;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Completion;

/// <summary>Completes what a cluster can list.</summary>
public abstract class LiveCompleter : ListCompleter
{
    /// <summary>Which pods are listed; the default are those of the command and the pipeline before it.</summary>
    /// <param name="input">The parameters bound so far.</param>
    private protected virtual PodScope ScopeOf(CompletionInput input) => PodScope.Everything;

    private protected abstract Task<IReadOnlyList<CompletionItem>> ListAsync(
        CompletionCluster cluster, PodScope scope, CancellationToken cancellationToken);

    private protected sealed override CompletionList? Prepare(CompletionInput input)
    {
        var kubeConfig = input.Text("KubeConfig") is { Length: > 0 } path ? CompletionInput.FullPath(path) : null;
        var target = new ClusterTarget(kubeConfig, input.Text("Context"), input.Text("As")) { AsGroup = input.Texts("AsGroup") };
        var cluster = new CompletionCluster(target, input.IsTyped("KubeConfig"));
        var scope = ScopeOf(input);
        var key = $"{cluster}|{Environment.GetEnvironmentVariable("KUBECONFIG")}|{scope}";
        return new(key, cancellationToken => ListAsync(cluster, scope, cancellationToken));
    }

    private protected static async Task<IReadOnlyList<Pod>> GetPodsAsync(CompletionCluster cluster, PodScope scope, CancellationToken cancellationToken)
    {
        using var client = cluster.Connect();
        var pods = new List<Pod>();
        await foreach (var pod in client.GetPodsAsync(scope.ToQuery(), _ => { }, cancellationToken))
            pods.Add(pod);
        return pods;
    }
}

/// <summary>The cluster that the parameters bound so far name.</summary>
/// <param name="Target">The cluster.</param>
/// <param name="IsTyped">Whether the line names the kubeconfig: nobody has decided yet to run the programs that it names.</param>
internal sealed record CompletionCluster(ClusterTarget Target, bool IsTyped)
{
    public ClusterClient Connect() => ClusterClient.Connect(Target, IsTyped ? PluginInteraction.NotRun : PluginInteraction.NotAsked);

    /// <summary>The cluster as the user of the kubeconfig sees it, impersonating nobody.</summary>
    public CompletionCluster AsItself() => this with { Target = Target with { As = null, AsGroup = [] } };

    public override string ToString() => $"{Target}|{string.Join(',', Target.AsGroup)}|{IsTyped}";
}

/// <summary>The pods that the parameters bound so far name.</summary>
internal sealed record PodScope(string Namespaces, string Names, bool AllNamespaces, string? Selector, string? FieldSelector, string? NodeName)
{
    private const char Separator = ',';

    public static PodScope Everything { get; } = new("", "", true, null, null, null);

    public static PodScope Of(CompletionInput input, bool withNames) => new(
        string.Join(Separator, input.Texts("Namespace")),
        withNames ? string.Join(Separator, input.Pods) : "",
        input.Has("AllNamespaces"),
        input.Text("Selector"),
        input.Text("FieldSelector"),
        null);

    public PodQuery ToQuery() => new()
    {
        Names = NamePatterns.From(Names.Split(Separator, StringSplitOptions.RemoveEmptyEntries)),
        Namespaces = NamePatterns.From(Namespaces.Split(Separator, StringSplitOptions.RemoveEmptyEntries)),
        AllNamespaces = AllNamespaces && Namespaces.Length == 0,
        LabelSelector = Selector,
        FieldSelector = FieldSelector,
        NodeName = NodeName,
    };
}

/// <summary>Completes the pods of the namespace bound so far, else of the context's.</summary>
public sealed class PodNameCompleter : LiveCompleter
{
    private protected override PodScope ScopeOf(CompletionInput input) => PodScope.Of(input, withNames: false);

    private protected override async Task<IReadOnlyList<CompletionItem>> ListAsync(
        CompletionCluster cluster, PodScope scope, CancellationToken cancellationToken) =>
        [.. (await GetPodsAsync(cluster, scope, cancellationToken)).Select(pod => new CompletionItem(pod.PodName, Describe(pod)))];

    private static string Describe(Pod pod) =>
        $"{pod.Status}, {pod.ReadyContainers}/{pod.TotalContainers} ready, {Display.Age(pod.CreatedAt)} old, "
        + $"in {pod.Namespace} on {pod.NodeName ?? "no node yet"}";
}

/// <summary>Completes the containers of the pods bound so far, else of all pods of the namespace.</summary>
public sealed class ContainerNameCompleter : LiveCompleter
{
    private protected override PodScope ScopeOf(CompletionInput input) => PodScope.Of(input, withNames: true);

    private protected override async Task<IReadOnlyList<CompletionItem>> ListAsync(
        CompletionCluster cluster, PodScope scope, CancellationToken cancellationToken) =>
        [.. (await GetPodsAsync(cluster, scope, cancellationToken)).SelectMany(pod => pod.Containers.Select(container => Item(pod, container)))];

    private static CompletionItem Item(Pod pod, Container container) =>
        new(container.Name, $"{container.Reason ?? container.State.ToString()}, {container.Image}, in {pod}");
}

/// <summary>Completes label selectors: the labels that the pods have.</summary>
public sealed class SelectorCompleter : LiveCompleter
{
    private protected override PodScope ScopeOf(CompletionInput input) => PodScope.Of(input, withNames: false) with { Selector = null };

    private protected override async Task<IReadOnlyList<CompletionItem>> ListAsync(
        CompletionCluster cluster, PodScope scope, CancellationToken cancellationToken)
    {
        var pods = await GetPodsAsync(cluster, scope, cancellationToken);
        var labels = pods.SelectMany(pod => pod.Labels).CountBy(label => $"{label.Key}={label.Value}");
        return [.. labels.Select(label => new CompletionItem(label.Key, $"{label.Value} pods"))];
    }
}

/// <summary>Completes the cluster's namespaces.</summary>
public sealed class NamespaceCompleter : LiveCompleter
{
    private protected override async Task<IReadOnlyList<CompletionItem>> ListAsync(
        CompletionCluster cluster, PodScope scope, CancellationToken cancellationToken)
    {
        using var client = cluster.Connect();
        var namespaces = await client.GetNamespacesAsync(cancellationToken);
        return [.. namespaces.Select(ns => new CompletionItem(ns.Name, $"{ns.Phase}, {Display.Age(ns.CreatedAt)} old"))];
    }
}

/// <summary>Completes the cluster's nodes.</summary>
public sealed class NodeNameCompleter : LiveCompleter
{
    private protected override async Task<IReadOnlyList<CompletionItem>> ListAsync(
        CompletionCluster cluster, PodScope scope, CancellationToken cancellationToken)
    {
        using var client = cluster.Connect();
        return [.. (await client.GetNodesAsync(cancellationToken)).Select(node => new CompletionItem(node.Name, Describe(node)))];
    }

    private static string Describe(ClusterNode node) =>
        $"{(node.IsReady ? "Ready" : "NotReady")}{(node.IsUnschedulable ? ", cordoned" : "")}, "
        + $"{node.RuntimeName} {node.RuntimeVersion}, {node.Architecture}, kubelet {node.KubeletVersion}";
}

/// <summary>Completes the contexts of the kubeconfig.</summary>
public sealed class ContextCompleter : LiveCompleter
{
    private protected override Task<IReadOnlyList<CompletionItem>> ListAsync(
        CompletionCluster cluster, PodScope scope, CancellationToken cancellationToken)
    {
        var items = ClusterClient.GetContexts(cluster.Target.KubeConfig).Select(context =>
            new CompletionItem(context.Name, $"{context.User} at {context.Cluster}, namespace {context.Namespace ?? "default"}"));
        return Task.FromResult<IReadOnlyList<CompletionItem>>([.. items]);
    }
}

/// <summary>Completes whom rights can be given to: the cluster's service accounts, and how users and groups are written.</summary>
public sealed class SubjectCompleter : LiveCompleter
{
    private static readonly CompletionItem[] Kinds =
    [
        new("User:", "a user by name"),
        new("Group:", "a group by name"),
        new("ServiceAccount:", "a service account as namespace/name"),
    ];

    private protected override async Task<IReadOnlyList<CompletionItem>> ListAsync(
        CompletionCluster cluster, PodScope scope, CancellationToken cancellationToken)
    {
        try
        {
            using var client = cluster.Connect();
            var accounts = await ServiceAccounts.ListAsync(client, cancellationToken);
            return [.. Kinds, .. accounts.Select(account => new CompletionItem(account, "a service account of the cluster"))];
        }
        catch (KubeCheckpointException)
        {
            return Kinds;
        }
    }
}

/// <summary>Completes the users that requests can be made as: the cluster's service accounts. Nothing lists the others.</summary>
public sealed class UserCompleter : LiveCompleter
{
    private protected override async Task<IReadOnlyList<CompletionItem>> ListAsync(
        CompletionCluster cluster, PodScope scope, CancellationToken cancellationToken)
    {
        using var client = cluster.AsItself().Connect();
        var names = await ServiceAccounts.ListUserNamesAsync(client, cancellationToken);
        return [.. names.Select(name => new CompletionItem(name, "a service account of the cluster"))];
    }
}

/// <summary>Completes the groups that requests can be made as: those that every cluster has.</summary>
public sealed class GroupCompleter : ListCompleter
{
    private static readonly CompletionItem[] Groups =
    [
        new("system:authenticated", "all users with valid credentials"),
        new("system:masters", "everything is allowed"),
        new("system:serviceaccounts", "all service accounts"),
    ];

    private protected override CompletionList Prepare(CompletionInput input) => new("", _ => Task.FromResult<IReadOnlyList<CompletionItem>>(Groups));
}

/// <summary>Completes field selectors: the fields that the API server selects pods by.</summary>
public sealed class FieldSelectorCompleter : ListCompleter
{
    private static readonly CompletionItem[] Fields =
    [
        new("metadata.name=", "the pod's name"),
        new("metadata.namespace=", "the pod's namespace"),
        new("spec.nodeName=", "the node it runs on"),
        new("spec.restartPolicy=", "Always, OnFailure or Never"),
        new("spec.schedulerName=", "the scheduler that places it"),
        new("spec.serviceAccountName=", "the service account it runs as"),
        new("status.phase=Failed", "all containers have ended, one of them with a failure"),
        new("status.phase=Pending", "not all containers have started"),
        new("status.phase=Running", "on a node, and a container runs or starts"),
        new("status.phase=Succeeded", "all containers have ended without a failure"),
        new("status.podIP=", "the pod's address"),
    ];

    private protected override CompletionList Prepare(CompletionInput input) => new("", _ => Task.FromResult<IReadOnlyList<CompletionItem>>(Fields));
}
