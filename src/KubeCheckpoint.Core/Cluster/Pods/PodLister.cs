using System.Runtime.CompilerServices;
using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Pods;

/// <summary>Runs a <see cref="PodQuery"/> with as few requests as possible: single pods by name, lists page by page.</summary>
internal sealed class PodLister(PodApi api, string defaultNamespace, PodQuery query, Action<KubeCheckpointException> onFailure)
{
    /// <summary>A selector may leave a page empty, but a server that sends nothing else, or nothing new, would never end the list.</summary>
    private const int MaxEmptyPages = 100;

    /// <summary>More pods than a cluster can have.</summary>
    private const int MaxPods = 1_000_000;

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly List<string> _exactNames =
        [.. query.Names.Where(name => !name.HasWildcards).Select(name => name.Text).Distinct(StringComparer.Ordinal)];

    private readonly List<NamePattern> _patterns = [.. query.Names.Where(name => name.HasWildcards)];

    private bool IsSelective => query.LabelSelector is not null || query.FieldSelector is not null || query.NodeName is not null;

    public async IAsyncEnumerable<Pod> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (query.NodeName is not null)
            ResourceName.Node(query.NodeName);
        var namespaces = await NamespacesAsync(cancellationToken).ConfigureAwait(false);
        foreach (var name in _exactNames)
        {
            await foreach (var pod in NamedAsync(name, namespaces, cancellationToken).ConfigureAwait(false))
                yield return pod;
        }

        if (query.Names.Count > 0 && _patterns.Count == 0)
            yield break;
        foreach (var ns in namespaces)
        {
            await foreach (var pod in NamespaceAsync(ns, cancellationToken).ConfigureAwait(false))
                yield return pod;
        }
    }

    /// <summary>The namespaces to list; a single null means the whole cluster.</summary>
    private async Task<List<string?>> NamespacesAsync(CancellationToken cancellationToken)
    {
        if (query.AllNamespaces)
            return [null];
        if (query.Namespaces.Count == 0)
            return [defaultNamespace];
        var names = query.Namespaces.Where(ns => !ns.HasWildcards).Select(ns => ns.Text).ToList();
        var patterns = query.Namespaces.Where(ns => ns.HasWildcards).ToList();
        if (patterns.Count > 0)
        {
            var all = await api.ListAsync("namespaces", PodApi.NameOf, cancellationToken).ConfigureAwait(false);
            names.AddRange(all.Where(name => patterns.Exists(pattern => pattern.IsMatch(name))));
            foreach (var pattern in patterns.Where(pattern => !all.Any(pattern.IsMatch)))
            {
                onFailure(PodFailure.NoNamespaceMatches(pattern.Text));
            }
        }

        return [.. names.Distinct(StringComparer.Ordinal)];
    }

    private async IAsyncEnumerable<Pod> NamedAsync(
        string name, List<string?> namespaces, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var searches = query.AllNamespaces || query.Namespaces.Any(ns => ns.HasWildcards);
        var found = false;
        foreach (var ns in namespaces)
        {
            var pods = await TryAsync(() => FindAsync(ns, name, reportMissing: !searches, cancellationToken)).ConfigureAwait(false);
            foreach (var pod in pods ?? [])
            {
                found = true;
                if (IsNew(pod))
                    yield return pod;
            }
        }

        if (searches && !found && !IsSelective && namespaces.Count > 0)
            onFailure(PodFailure.PodNotFoundAnywhere(name));
    }

    private async Task<IReadOnlyList<Pod>> FindAsync(
        string? ns, string name, bool reportMissing, CancellationToken cancellationToken)
    {
        ResourceName.Pod(name);
        if (ns is null || IsSelective)
        {
            var selector = FieldSelector.Join($"metadata.name={name}", Fields);
            return (await api.ListAsync(ns, query, selector, token: null, cancellationToken).ConfigureAwait(false)).Pods;
        }

        if (reportMissing)
            return [await api.GetAsync(ns, name, cancellationToken).ConfigureAwait(false)];
        return await api.FindAsync(ns, name, cancellationToken).ConfigureAwait(false) is { } pod ? [pod] : [];
    }

    private async IAsyncEnumerable<Pod> NamespaceAsync(string? ns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? token = null;
        var isEmpty = true;
        var emptyPages = 0;
        var starts = 0;
        var pass = new HashSet<string>(StringComparer.Ordinal);
        PodPage? page;
        do
        {
            page = await TryAsync(() => api.ListAsync(ns, query, Fields, token, cancellationToken)).ConfigureAwait(false);
            if (page is null)
                yield break;
            if (page.StartsOver)
            {
                starts++;
                pass.Clear();
            }
            var known = pass.Count;
            pass.UnionWith(page.Pods.Select(KeyOf));
            emptyPages = pass.Count > known ? 0 : emptyPages + 1;
            if (emptyPages > MaxEmptyPages || starts > MaxEmptyPages || pass.Count > MaxPods)
                throw api.Server.EndlessList();
            foreach (var pod in page.Pods)
            {
                isEmpty = false;
                var isWanted = query.Names.Count == 0 || _patterns.Exists(pattern => pattern.IsMatch(pod.PodName));
                if (isWanted && IsNew(pod))
                    yield return pod;
            }

            token = page.Continue;
        }
        while (token is not null || page.StartsOver);

        if (isEmpty && ns is not null && !await api.NamespaceExistsAsync(ns, cancellationToken).ConfigureAwait(false))
        {
            onFailure(PodFailure.NamespaceNotFound(ns));
        }
    }

    private string? Fields =>
        FieldSelector.Join(query.FieldSelector, query.NodeName is null ? null : $"spec.nodeName={query.NodeName}");

    /// <summary>A list that starts again, or a name that matches twice, must not emit a pod twice.</summary>
    private bool IsNew(Pod pod) => _seen.Add(KeyOf(pod));

    private static string KeyOf(Pod pod) => pod.PodUid ?? pod.ToString();

    /// <summary>Reports what fails for one name or namespace and continues with the others; an unreachable server ends the listing.</summary>
    private async Task<T?> TryAsync<T>(Func<Task<T>> ask)
        where T : class
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (KubeCheckpointException failure) when (failure.Category
            is FailureCategory.ObjectNotFound or FailureCategory.PermissionDenied or FailureCategory.InvalidArgument)
        {
            onFailure(failure);
            return null;
        }
    }
}
