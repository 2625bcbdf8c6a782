using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Preflight.Checks;

namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>Checks the permissions of the user, and those of the API server at the kubelet.</summary>
internal sealed class AccessChecks(CheckList checks, AccessReviews reviews, string node)
{
    private const string Grant = "Grant-CheckpointAccess -Subject USER -Task";

    /// <summary>Checks both ways to a kubelet, through the API server and directly. One of them is enough.</summary>
    public async Task AddKubeletAccessAsync(KubeletProbe? probe, CancellationToken cancellationToken)
    {
        var proxy = probe?.Result switch
        {
            ProbeResult.Open or ProbeResult.NoEndpoint or ProbeResult.ApiServerForbidden or ProbeResult.KubeletUnreachable => new AccessReview(true),
            ProbeResult.CallerForbidden => new AccessReview(false),
            _ => await reviews.AskAsync(new("create", "nodes/proxy", Name: node), cancellationToken).ConfigureAwait(false),
        };
        var direct = await reviews.AskAsync(new("create", "nodes/checkpoint", Name: node), cancellationToken).ConfigureAwait(false);
        var apiServer = await ApiServerAsync(probe, cancellationToken).ConfigureAwait(false);
        var isProxyOpen = proxy.IsAllowed == true && apiServer.IsAllowed != false;
        AddProxy(proxy, direct);
        AddApiServer(apiServer, direct, probe);
        AddDirect(direct, isProxyOpen);
    }

    /// <summary>Checks what Save-CheckpointArchive needs in the helper namespace.</summary>
    public Task AddSaveAsync(string helperNamespace, CancellationToken cancellationToken) => AddRightsAsync(
        "SaveRights",
        SupportScope.Save,
        [
            new("get", "nodes"),
            .. Verbs(helperNamespace, "pods", "create", "get", "watch", "delete"),
            .. Verbs(helperNamespace, "pods/exec", "create", "get"),
        ],
        $"{Grant} Save",
        cancellationToken);

    /// <summary>Checks what Restore-Pod needs in the namespace that it restores to.</summary>
    public Task AddRestoreAsync(string restoreNamespace, CancellationToken cancellationToken) => AddRightsAsync(
        "RestoreRights",
        SupportScope.Restore,
        [.. Verbs(restoreNamespace, "pods", "create", "get", "watch", "delete")],
        $"{Grant} Restore -Namespace {restoreNamespace}",
        cancellationToken);

    /// <summary>Checks the permission to list events, which error messages quote.</summary>
    public async Task AddEventsAsync(string restoreNamespace, CancellationToken cancellationToken)
    {
        const string Name = "EventRights";
        var review = await reviews.AskAsync(new("list", "events", restoreNamespace), cancellationToken).ConfigureAwait(false);
        if (review.IsAllowed == true)
        {
            checks.Passed(Name, SupportScope.Restore, $"may list events in namespace '{restoreNamespace}'");
        }
        else if (review.IsAllowed is null)
        {
            checks.Unknown(Name, SupportScope.Restore, review.Reason!);
        }
        else
        {
            checks.Warning(
                Name,
                SupportScope.Restore,
                $"may not list events in namespace '{restoreNamespace}': error messages will say less",
                $"{Grant} Restore -Namespace {restoreNamespace}");
        }
    }

    private static IEnumerable<AccessQuestion> Verbs(string ns, string resource, params string[] verbs) =>
        verbs.Select(verb => new AccessQuestion(verb, resource, ns));

    private async Task<AccessReview> ApiServerAsync(KubeletProbe? probe, CancellationToken cancellationToken)
    {
        if (probe?.Result == ProbeResult.Open)
            return new(true);
        if (probe?.Result == ProbeResult.ApiServerForbidden)
            return new(false, probe.Message);
        var review = await reviews.AskForAsync(
            WellKnownNames.ApiServerKubeletClient, new("create", "nodes/checkpoint", Name: node), cancellationToken).ConfigureAwait(false);
        if (review.IsAllowed != false)
            return review;
        return new(
            null,
            $"user '{WellKnownNames.ApiServerKubeletClient}' does not have it; "
            + "a group in its certificate, or another user name of the API server, may");
    }

    private void AddProxy(AccessReview proxy, AccessReview direct)
    {
        const string Name = "NodeProxyRight";
        const SupportScope Scope = SupportScope.Checkpoint;
        const string Denied = "may not create nodes/proxy: no checkpoints through the API server";
        if (proxy.IsAllowed == true)
            checks.Passed(Name, Scope, "may create nodes/proxy");
        else if (proxy.IsAllowed is null)
            Decide(Name, proxy.Reason!, $"{Grant} Checkpoint", isOtherWayAllowed: direct.IsAllowed == true);
        else if (direct.IsAllowed == true)
            checks.Warning(Name, Scope, Denied, "Connect to the kubelet directly with Invoke-ContainerCheckpoint -KubeletUri.");
        else
            checks.Failed(Name, Scope, Denied, $"{Grant} Checkpoint");
    }

    private void AddApiServer(AccessReview apiServer, AccessReview direct, KubeletProbe? probe)
    {
        const string Name = "ApiServerRight";
        const SupportScope Scope = SupportScope.Checkpoint;
        const string Fix = "Grant-CheckpointAccess -FixApiServer";
        var refusal = $"the kubelet refuses the API server: {apiServer.Reason}";
        if (apiServer.IsAllowed == true)
            checks.Passed(Name, Scope, "the kubelet lets the API server request checkpoints");
        else if (probe?.Result == ProbeResult.CallerForbidden && direct.IsAllowed == true)
            checks.Skipped(Name, Scope, "this user may not use the node proxy, but may connect to the kubelet directly");
        else if (apiServer.IsAllowed is null)
            checks.Unknown(Name, Scope, apiServer.Reason!, $"If checkpoints through the API server are refused: {Fix}");
        else if (direct.IsAllowed == true)
            checks.Warning(Name, Scope, refusal, $"{Fix}, or connect to the kubelet directly with Invoke-ContainerCheckpoint -KubeletUri.");
        else
            checks.Failed(Name, Scope, refusal, Fix);
    }

    private void AddDirect(AccessReview direct, bool isProxyOpen)
    {
        const string Name = "KubeletRight";
        const SupportScope Scope = SupportScope.Checkpoint;
        const string Denied = "may not create nodes/checkpoint: no checkpoints directly from the kubelet either";
        if (direct.IsAllowed == true)
            checks.Passed(Name, Scope, "may create nodes/checkpoint, which Invoke-ContainerCheckpoint -KubeletUri needs");
        else if (isProxyOpen)
            checks.Skipped(Name, Scope, "may not create nodes/checkpoint, which only Invoke-ContainerCheckpoint -KubeletUri needs");
        else if (direct.IsAllowed is null)
            checks.Unknown(Name, Scope, direct.Reason!);
        else
            checks.Failed(Name, Scope, Denied, $"{Grant} Checkpoint -DirectToKubelet");
    }

    private void Decide(string name, string reason, string remedy, bool isOtherWayAllowed)
    {
        if (isOtherWayAllowed)
            checks.Unknown(name, SupportScope.Checkpoint, reason, remedy);
        else
            checks.Undecided(name, SupportScope.Checkpoint, reason, remedy);
    }

    private async Task AddRightsAsync(
        string name, SupportScope scope, AccessQuestion[] questions, string remedy, CancellationToken cancellationToken)
    {
        var denied = new List<AccessQuestion>();
        AccessReview? undecided = null;
        foreach (var question in questions)
        {
            var review = await reviews.AskAsync(question, cancellationToken).ConfigureAwait(false);
            if (review.IsAllowed == false)
                denied.Add(question);
            if (review.IsAllowed is null)
                undecided ??= review;
        }

        if (denied.Count > 0)
            checks.Failed(name, scope, $"may not {Describe(denied)}", remedy);
        else if (undecided is not null)
            checks.Undecided(name, scope, undecided.Reason!, remedy);
        else
            checks.Passed(name, scope, $"may {Describe(questions)}");
    }

    /// <summary><c>create, get pods and create, get pods/exec in namespace 'ops'</c>.</summary>
    private static string Describe(IEnumerable<AccessQuestion> questions) => string.Join("; ", questions
        .GroupBy(question => question.Namespace)
        .Select(scope => DescribeScope(scope) + (scope.Key is null ? "" : $" in namespace '{scope.Key}'")));

    private static string DescribeScope(IEnumerable<AccessQuestion> questions) => string.Join(" and ", questions
        .GroupBy(question => question.Resource)
        .Select(resource => $"{string.Join(", ", resource.Select(question => question.Verb))} {resource.Key}"));
}
