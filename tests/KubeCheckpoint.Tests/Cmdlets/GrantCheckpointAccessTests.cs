using System.Management.Automation;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Grant-CheckpointAccess grants what each task needs, and each task uses what is granted.</summary>
public sealed class GrantCheckpointAccessTests : IDisposable
{
    private readonly List<IDisposable> _opened = [];
    private ClusterSession? _session;

    private ClusterSession Session => _session ??= Opened(new ClusterSession());

    public void Dispose() => _opened.ForEach(item => item.Dispose());

    [Fact]
    public void The_main_job_runs_with_what_was_granted()
    {
        Assert.Equal("Forbidden", Session.Run("Get-Pod web-1 -Namespace shop -Context limited").ErrorId);
        var granted = Session.Run("Grant-CheckpointAccess limited-user -Namespace shop -Task Checkpoint, Save, Restore").Objects;

        var pod = Session.Run(
            """
            Get-Pod web-1* -Namespace shop -Context limited | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp |
                New-RestoreImage -Repository $args[0] | Restore-Pod -Context limited -NodeName node2
            """,
            Session.Repository).Single;

        Assert.Equal("Running", Text(pod, "Status"));
        Assert.NotEmpty(Session.Run("Restore-Pod ./cp -Repository $args[0] -Context limited -NewName anywhere", Session.Repository).Objects);

        // Events are only read to explain failures.
        Assert.Equal(["list events"], Rights(granted).Distinct().Except(Session.Cluster.UsedRights("limited-user")));
        Assert.Equal("Forbidden", Session.Run("Get-Pod -Context limited").ErrorId);
    }

    [Fact]
    public void A_move_runs_with_what_was_granted_for_it()
    {
        var pod = ReplicaSets.Add(Session.Cluster, replicas: 1)[0];
        var granted = Session.Run("Grant-CheckpointAccess limited-user -Namespace shop -Task Move").Objects;

        var moved = Session.Run("Get-Pod $args[0] -Namespace shop -Context limited | Move-Pod -NodeName node2 -Repository $args[1] -Confirm:$false", pod, Session.Repository).Single;

        Assert.Equal("ReplicaSet/web-5d4f", Text(moved, "Owner"));
        string[] ofOthers =
        [
            "list nodes", "get persistentvolumes", "get persistentvolumeclaims", "get replicationcontrollers", "get deployments", "get statefulsets",
            "get daemonsets", "get jobs", "get cronjobs", "get namespaces", "list events",
        ];
        Assert.Empty(Rights(granted).Distinct().Except(Session.Cluster.UsedRights("limited-user")).Except(ofOthers));
    }

    [Fact]
    public void A_rehearsal_runs_with_what_was_granted_for_it()
    {
        Assert.NotEmpty(Session.Run("Grant-CheckpointAccess limited-user -Namespace shop -Task Rehearse").Objects);

        var drill = Session.Run("Get-Pod web-1 -Namespace shop -Context limited | Test-PodRestore -NodeName node2 -Repository $args[0] -ScriptBlock { $true }", Session.Repository).Single;

        Assert.Equal("True", Text(drill, "Passed"));
    }

    [Fact]
    public void A_direct_connection_to_the_kubelet_needs_no_node_proxy()
    {
        Assert.NotEmpty(Session.Run("Grant-CheckpointAccess limited-user -Namespace shop -DirectToKubelet -Task Checkpoint").Objects);

        var checkpoint = Session.Run(
            "Get-Pod web-1 -Namespace shop -Context limited | Invoke-ContainerCheckpoint -KubeletUri $args[0] -Token $args[1] -SkipCertificateCheck",
            Session.Cluster.KubeletUri("node1"),
            Session.Cluster.Tokens["limited-user"]).Single;

        Assert.Equal("web-1", Text(checkpoint, "PodName"));
        Assert.Equal("NodeProxyForbidden", Session.Run("Get-Pod web-1 -Namespace shop -Context limited | Invoke-ContainerCheckpoint").ErrorId);
    }

    [Fact]
    public void The_preflight_runs_with_what_was_granted_for_it()
    {
        Assert.NotEmpty(Session.Run("Grant-CheckpointAccess limited-user -Namespace default, kube-checkpoint -Task Checkpoint, Save, Restore, Support").Objects);

        var node = Session.Run("Test-CheckpointSupport node1 -Context limited -Deep -Repository $args[0]", Session.Repository).Single;

        Assert.DoesNotContain(CheckView.All(node), check => check.Outcome is "Unknown" or "Failed" && check.Name != "RuntimeConfiguration");
    }

    [Fact]
    public void A_node_is_configured_with_what_was_granted_for_it()
    {
        Assert.NotEmpty(Session.Run("Grant-CheckpointAccess limited-user -Namespace shop -Task Initialize").Objects);

        var setup = Session.Run("Initialize-CheckpointNode 'node3' -CriuOption link-remap -Context limited -Confirm:$false").Single;

        Assert.Equal("Created /etc/criu/runc.conf", ((System.Collections.IEnumerable)setup.Properties["Files"].Value).Cast<object>().Single().ToString());
    }

    [Fact]
    public void All_namespaces_are_granted_by_name()
    {
        Assert.NotEmpty(Session.Run("Grant-CheckpointAccess limited-user -AllNamespaces -Task Inspect").Objects);

        Assert.NotEmpty(Session.Run("Get-Pod -AllNamespaces -Context limited").Objects);
        Assert.NotEmpty(Session.Run("Get-Pod -Namespace 's*' -Context limited").Objects);
        Assert.DoesNotContain(Session.Cluster.AccessObjects, item => item["kind"]!.ToString() is "Role" or "RoleBinding");
    }

    [Fact]
    public void The_missing_permission_of_kubeadms_api_server_is_granted()
    {
        var session = Opened(new ClusterSession(new SandboxOptions { ApiServerLacksCheckpointRight = true }));
        Assert.Equal("KubeadmKubeletClientForbidden", session.Run("Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint").ErrorId);

        var applied = session.Run("Grant-CheckpointAccess -FixApiServer").Objects;

        Assert.Equal(["ClusterRole", "ClusterRoleBinding"], applied.Select(item => Text(item, "Kind")));
        Assert.Equal("web-1", Text(session.Run("Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint").Single, "PodName"));
    }

    [Fact]
    public void Granting_again_changes_nothing_and_other_subjects_keep_their_access()
    {
        const string Grant = "Grant-CheckpointAccess $args[0] -Namespace shop -Task Save";
        Assert.All(Session.Run(Grant, "User:alice").Objects.Where(item => Text(item, "Kind") != "Namespace"), item => Assert.Equal("Created", Text(item, "Result")));
        Assert.All(Session.Run(Grant, "User:alice").Objects, item => Assert.Equal("Unchanged", Text(item, "Result")));

        var second = Session.Run(Grant, "sa:shop:app").Objects.Select(item => (Text(item, "Kind"), Text(item, "Result"))).ToList();

        Assert.Contains(("ClusterRole", "Unchanged"), second);
        Assert.Contains(("ClusterRoleBinding", "Created"), second);
        Assert.Equal(2, Session.Cluster.AccessObjects.Count(item => item["kind"]!.ToString() == "ClusterRoleBinding"));
    }

    [Fact]
    public void A_changed_role_of_the_module_is_corrected()
    {
        Assert.NotEmpty(Session.Run("Grant-CheckpointAccess alice -Task Save").Objects);
        Session.Cluster.ChangeAccessObject("clusterroles", "kubecheckpoint-save", item => item["rules"] = new JsonArray());

        var applied = Session.Run("Grant-CheckpointAccess alice -Task Save").Objects;

        Assert.Equal("Changed", Text(Assert.Single(applied, item => Text(item, "Kind") == "ClusterRole"), "Result"));
        Assert.NotEmpty(Session.Cluster.AccessObjects.Single(item => item["kind"]!.ToString() == "ClusterRole")["rules"]!.AsArray());
    }

    [Fact]
    public void A_role_of_someone_else_is_not_changed()
    {
        Assert.NotEmpty(Session.Run("Grant-CheckpointAccess alice -Task Save").Objects);
        Session.Cluster.ChangeAccessObject("clusterroles", "kubecheckpoint-save", item => item["metadata"]!["labels"] = new JsonObject());

        var outcome = Session.Run("Grant-CheckpointAccess bob -Task Save");

        Assert.Equal(("AccessObjectForeign", ErrorCategory.ResourceExists), (outcome.ErrorId, outcome.Error.CategoryInfo.Category));
        Assert.DoesNotContain(Session.Cluster.AccessObjects, item => item["metadata"]!["name"]!.ToString().Contains("bob", StringComparison.Ordinal));
    }

    [Fact]
    public void Users_cannot_grant_what_they_do_not_have()
    {
        Session.Cluster.AllowAccessObjects("limited-user");

        var outcome = Session.Run("Grant-CheckpointAccess mallory -Task Checkpoint -Context limited");

        Assert.Equal(("AccessEscalation", ErrorCategory.PermissionDenied), (outcome.ErrorId, outcome.Error.CategoryInfo.Category));
        Assert.Contains("nodes/proxy", outcome.Error.Exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Session.Cluster.AccessObjects, item => item["metadata"]!["name"]!.ToString().Contains("mallory", StringComparison.Ordinal));
    }

    [Fact]
    public void A_user_who_may_not_change_roles_gets_an_error() =>
        Assert.Equal("Forbidden", Session.Run("Grant-CheckpointAccess alice -Task Checkpoint -Context limited").ErrorId);

    [Fact]
    public void Manifests_are_a_list_for_kubectl_and_need_no_cluster()
    {
        var list = Session.Run("'User:alice', 'Group:ops' | Grant-CheckpointAccess -Namespace shop -Task Checkpoint, Restore -AsManifest").Single;

        Assert.Equal("List", Text(list, "kind"));
        var items = ((object[])list.Properties["items"].Value).Cast<PSObject>().ToList();
        Assert.Single(items, item => Text(item, "kind") == "ClusterRole" && Text((PSObject)item.Properties["metadata"].Value, "name") == "kubecheckpoint-checkpoint");
        Assert.Equal(2, items.Count(item => Text(item, "kind") == "RoleBinding" && Text((PSObject)item.Properties["metadata"].Value, "name")!.StartsWith("kubecheckpoint-restore:", StringComparison.Ordinal)));
        Assert.Empty(Session.Cluster.Requests);
    }

    [Fact]
    public void The_fix_is_available_as_a_manifest_too()
    {
        var list = Session.Run("Grant-CheckpointAccess -FixApiServer -ApiServerUser system:kube-apiserver -AsManifest").Single;

        var subject = ((object[])list.Properties["items"].Value).Cast<PSObject>().SelectMany(item => item.Properties["subjects"]?.Value is object[] subjects ? subjects : []).Cast<PSObject>().Single();
        Assert.Equal("system:kube-apiserver", Text(subject, "name"));
    }

    [Fact]
    public void WhatIf_names_every_object_and_applies_none()
    {
        Assert.Empty(Session.Run("Grant-CheckpointAccess alice -Namespace shop -WhatIf").Objects);
        Assert.Empty(Session.Cluster.AccessObjects);
    }

    [Theory]
    [InlineData("Grant-CheckpointAccess 'oidc:alice'", "AccessSubjectInvalid")]
    [InlineData("Grant-CheckpointAccess alice -Namespace 'Not_A_Name'", "InvalidName")]
    [InlineData("Grant-CheckpointAccess alice -Namespace nowhere -Task Restore", "NamespaceNotFound")]
    [InlineData("Grant-CheckpointAccess alice -Task Save -HelperNamespace nowhere", "HelperNamespaceMissing")]
    public void Impossible_requests_have_their_own_errors(string script, string errorId) => Assert.Equal(errorId, Session.Run(script).ErrorId);

    [Fact]
    public void An_invalid_subject_does_not_stop_the_others()
    {
        var outcome = Session.Run("Grant-CheckpointAccess 'oidc:x', alice -Task Inspect");

        Assert.Equal("AccessSubjectInvalid", outcome.ErrorId);
        Assert.NotEmpty(outcome.Output);
    }

    [Fact]
    public void Nodes_proxy_is_granted_with_a_warning()
    {
        Assert.Contains("exec", Assert.Single(Session.Run("Grant-CheckpointAccess alice, bob -Task Checkpoint").Warnings).Message, StringComparison.Ordinal);
        Assert.Empty(Session.Run("Grant-CheckpointAccess alice -Task Checkpoint, Save -DirectToKubelet").Warnings);
    }

    [Fact]
    public void Subjects_are_completed()
    {
        var offered = Session.Session.Complete($"Grant-CheckpointAccess -KubeConfig '{Session.Cluster.KubeConfigPath}' -Subject ");

        Assert.Contains("'User:'", offered);
        Assert.Contains(offered, text => text.Contains("ServiceAccount:", StringComparison.Ordinal) && text.Contains('/', StringComparison.Ordinal));
    }

    [Fact]
    public void The_view_shows_what_is_granted_to_whom()
    {
        var shown = string.Join('\n', Session.Session.Show("Grant-CheckpointAccess alice -Task Inspect -KubeConfig $args[0]", Session.Cluster.KubeConfigPath));

        Assert.Matches(@"KIND +NAMESPACE +RESULT +NAME", shown);
        Assert.Contains("get,list nodes,namespaces", shown, StringComparison.Ordinal);
        Assert.Contains("User:alice", shown, StringComparison.Ordinal);
    }

    /// <summary>The permissions in the rules of some objects, one by one: <c>create pods</c>.</summary>
    private static IEnumerable<string> Rights(IEnumerable<PSObject> applied) =>
        from item in applied
        where Text(item, "Kind") is "Role" or "ClusterRole"
        from rule in (IEnumerable<string>)item.Properties["Rules"].Value
        let words = rule.Split(' ')
        from verb in words[0].Split(',')
        from resource in words[1].Split(',')
        select $"{verb} {resource}";

    private T Opened<T>(T item)
        where T : IDisposable
    {
        _opened.Add(item);
        return item;
    }
}
