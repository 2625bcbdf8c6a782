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

    private protected abstract Task<IReadOnlyList<CompletionItem>> ListAsync(ClusterTarget target, PodScope scope, CancellationToken cancellationToken);

    private protected sealed override CompletionList? Prepare(CompletionInput input)
    {
        var kubeConfig = input.Text("KubeConfig") is { Length: > 0 } path ? CompletionInput.FullPath(path) : null;
        var target = new ClusterTarget(kubeConfig, input.Text("Context"), input.Text("As")) { AsGroup = input.Texts("AsGroup") };
        var scope = ScopeOf(input);
        var key = $"{target}|{string.Join(',', target.AsGroup)}|{Environment.GetEnvironmentVariable("KUBECONFIG")}|{scope}";
        return new(key, cancellationToken => ListAsync(target, scope, cancellationToken));
    }

    private protected static async Task<IReadOnlyList<Pod>> GetPodsAsync(ClusterTarget target, PodScope scope, CancellationToken cancellationToken)
    {
        using var cluster = ClusterClient.Connect(target, PluginInteraction.NotAsked);
        var pods = new List<Pod>();
        await foreach (var pod in cluster.GetPodsAsync(scope.ToQuery(), _ => { }, cancellationToken))
            pods.Add(pod);
        return pods;
    }
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

    private protected override async Task<IReadOnlyList<CompletionItem>> ListAsync(ClusterTarget target, PodScope scope, CancellationToken cancellationToken) =>
        [.. (await GetPodsAsync(target, scope, cancellationToken)).Select(pod => new CompletionItem(pod.PodName, Describe(pod)))];

    private static string Describe(Pod pod) =>
        $"{pod.Status}, {pod.ReadyContainers}/{pod.TotalContainers} ready, {Display.Age(pod.CreatedAt)} old, "
        + $"in {pod.Namespace} on {pod.NodeName ?? "no node yet"}";
}

/// <summary>Completes the containers of the pods bound so far, else of all pods of the namespace.</summary>
public sealed class ContainerNameCompleter : LiveCompleter
{
    private protected override PodScope ScopeOf(CompletionInput input) => PodScope.Of(input, withNames: true);

    private protected override async Task<IReadOnlyList<CompletionItem>> ListAsync(ClusterTarget target, PodScope scope, CancellationToken cancellationToken) =>
        [.. (await GetPodsAsync(target, scope, cancellationToken)).SelectMany(pod => pod.Containers.Select(container => Item(pod, container)))];

    private static CompletionItem Item(Pod pod, Container container) =>
        new(container.Name, $"{container.Reason ?? container.State.ToString()}, {container.Image}, in {pod}");
}

/// <summary>Completes label selectors: the labels that the pods have.</summary>
public sealed class SelectorCompleter : LiveCompleter
{
    private protected override PodScope ScopeOf(CompletionInput input) => PodScope.Of(input, withNames: false) with { Selector = null };

    private protected override async Task<IReadOnlyList<CompletionItem>> ListAsync(ClusterTarget target, PodScope scope, CancellationToken cancellationToken)
    {
        var pods = await GetPodsAsync(target, scope, cancellationToken);
        var labels = pods.SelectMany(pod => pod.Labels).CountBy(label => $"{label.Key}={label.Value}");
        return [.. labels.Select(label => new CompletionItem(label.Key, $"{label.Value} pods"))];
    }
}

/// <summary>Completes the cluster's namespaces.</summary>
public sealed class NamespaceCompleter : LiveCompleter
{
    private protected override async Task<IReadOnlyList<CompletionItem>> ListAsync(ClusterTarget target, PodScope scope, CancellationToken cancellationToken)
    {
        using var cluster = ClusterClient.Connect(target, PluginInteraction.NotAsked);
        var namespaces = await cluster.GetNamespacesAsync(cancellationToken);
        return [.. namespaces.Select(ns => new CompletionItem(ns.Name, $"{ns.Phase}, {Display.Age(ns.CreatedAt)} old"))];
    }
}

/// <summary>Completes the cluster's nodes.</summary>
public sealed class NodeNameCompleter : LiveCompleter
{
    private protected override async Task<IReadOnlyList<CompletionItem>> ListAsync(ClusterTarget target, PodScope scope, CancellationToken cancellationToken)
    {
        using var cluster = ClusterClient.Connect(target, PluginInteraction.NotAsked);
        return [.. (await cluster.GetNodesAsync(cancellationToken)).Select(node => new CompletionItem(node.Name, Describe(node)))];
    }

    private static string Describe(ClusterNode node) =>
        $"{(node.IsReady ? "Ready" : "NotReady")}{(node.IsUnschedulable ? ", cordoned" : "")}, "
        + $"{node.RuntimeName} {node.RuntimeVersion}, {node.Architecture}, kubelet {node.KubeletVersion}";
}

/// <summary>Completes the contexts of the kubeconfig.</summary>
public sealed class ContextCompleter : LiveCompleter
{
    private protected override Task<IReadOnlyList<CompletionItem>> ListAsync(ClusterTarget target, PodScope scope, CancellationToken cancellationToken)
    {
        var items = ClusterClient.GetContexts(target.KubeConfig).Select(context =>
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

    private protected override async Task<IReadOnlyList<CompletionItem>> ListAsync(ClusterTarget target, PodScope scope, CancellationToken cancellationToken)
    {
        try
        {
            using var cluster = ClusterClient.Connect(target, PluginInteraction.NotAsked);
            var accounts = await ServiceAccounts.ListAsync(cluster, cancellationToken);
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
    private protected override async Task<IReadOnlyList<CompletionItem>> ListAsync(ClusterTarget target, PodScope scope, CancellationToken cancellationToken)
    {
        using var cluster = ClusterClient.Connect(target with { As = null, AsGroup = [] }, PluginInteraction.NotAsked);
        var names = await ServiceAccounts.ListUserNamesAsync(cluster, cancellationToken);
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
