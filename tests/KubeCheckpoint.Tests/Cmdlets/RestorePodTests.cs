using System.Management.Automation;
using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Restore-Pod with everything that it accepts and everything that can be changed in the new pod.</summary>
public sealed class RestorePodTests : IDisposable
{
    private const string BaseId = "87f6b810417b40ca6f1fbcc1bd098b9fbe16aeadb5a49b755fe41705b1a6fff6";
    private const string Checkpoint = "Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp";

    private readonly ClusterSession _session = new();

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData(Checkpoint + " | Restore-Pod -Repository $args[0] -NodeName node2")]
    [InlineData("$null = " + Checkpoint + "; Restore-Pod ./cp/*.tar -Repository $args[0] -NodeName node2")]
    [InlineData("$null = " + Checkpoint + "; Restore-Pod -LiteralPath ./cp -Repository $args[0] -NodeName node2")]
    [InlineData("$null = " + Checkpoint + "; [IO.FileInfo] (Get-CheckpointArchive ./cp).Path | Restore-Pod -Repository $args[0] -NodeName node2")]
    public void Archives_are_pushed_and_restored_in_one_step(string script)
    {
        var outcome = _session.Run(script, _session.Repository);

        Assert.Equal(("web-1-restored", "node2", "Running"), (Text(outcome.Single, "PodName"), Text(outcome.Single, "NodeName"), Text(outcome.Single, "Status")));
        Assert.Contains("same checkpoint", Assert.Single(outcome.Warnings).Message, StringComparison.Ordinal);
        Assert.Contains(_session.Session.Host.Progress, record => record.Activity.StartsWith("Pushing", StringComparison.Ordinal));
    }

    [Fact]
    public void Archives_of_two_containers_are_restored_as_one_pod()
    {
        var pod = _session.Run(
            "Get-Pod multi -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp | Restore-Pod -Repository $args[0]",
            _session.Repository).Single;

        Assert.Equal("2", Text(pod, "ReadyContainers"));
        Assert.Equal(["a", "b"], _session.Cluster.RestoredContainers.Select(restored => restored.ContainerName).Order());
    }

    [Fact]
    public void Images_are_read_by_their_references()
    {
        var outcome = _session.Run(
            """
            $images = Get-Pod multi -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp | New-RestoreImage -Repository $args[0]
            Restore-Pod -Reference $images.Reference -NewName again
            """,
            _session.Repository);

        Assert.Equal(("again", "2"), (Text(outcome.Single, "PodName"), Text(outcome.Single, "ReadyContainers")));
        Assert.Equal(["a", "b"], _session.Cluster.RestoredContainers.Select(restored => restored.ContainerName).Order());
    }

    [Fact]
    public void An_image_for_another_runtime_is_known_by_its_reference()
    {
        var outcome = _session.Run(
            Checkpoint + " | New-RestoreImage -Repository $args[0] | ForEach-Object { Restore-Pod -Reference $_.Reference -NodeName node3 }", _session.Repository);

        Assert.Equal("RestoreImageOtherRuntime", outcome.ErrorId);
    }

    [Fact]
    public void An_image_in_an_unreachable_registry_is_used_unread_for_a_named_container()
    {
        const string Gone = "127.0.0.1:1/restore:app";

        Assert.Equal("RegistryUnreachable", _session.Run($"Restore-Pod -Reference {Gone} -AsManifest").ErrorId);
        var outcome = _session.Run($"Restore-Pod -Reference {Gone} -ContainerName app -PodName web-1 -Namespace shop -AsManifest | ForEach-Object {{ $_.spec.containers[0].image }}");
        Assert.Equal(Gone, outcome.Single.ToString());
        Assert.Contains("without reading it", Assert.Single(outcome.Warnings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reference_to_another_kind_of_image_is_an_error()
    {
        Assert.Equal("RestoreImageNotFound", _session.Run("Restore-Pod -Reference \"$($args[0]):none\"", _session.Repository).ErrorId);
    }

    [Fact]
    public void The_scheduler_is_limited_to_nodes_with_the_right_runtime_and_the_base_image_is_pulled_first()
    {
        foreach (var node in new[] { "node1", "node2" })
            _session.Cluster.RemoveImage(node, BaseId);

        var pod = _session.Run(
            "Get-Pod counter | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp | Restore-Pod -Repository $args[0]; " + Checkpoint +
            " | Restore-Pod -Repository $args[0]",
            _session.Repository).Objects;

        Assert.Equal("node3", Text(pod[0], "NodeName"));
        Assert.NotEqual("node3", Text(pod[1], "NodeName"));
        Assert.True(_session.Cluster.HasImage(Text(pod[1], "NodeName")!, BaseId));
        Assert.DoesNotContain(_session.Cluster.Pods, made => made["metadata"]!["name"]!.GetValue<string>().StartsWith("kubecheckpoint-", StringComparison.Ordinal));
    }

    [Fact]
    public void SkipPrePull_does_not_change_the_node()
    {
        _session.Cluster.RemoveImage("node2", BaseId);
        var error = _session.Run(Checkpoint + " | Restore-Pod -Repository $args[0] -NodeName node2 -SkipPrePull -RemoveOnFailure", _session.Repository).Error;

        Assert.StartsWith("RestoreFailed,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("image not known", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(_session.Cluster.Pods, pod => pod["metadata"]!["name"]!.GetValue<string>() == "web-1-restored");
    }

    [Fact]
    public void Labels_and_annotations_are_merged_and_null_removes_them()
    {
        var pod = _session.Run(
            Checkpoint + " | Restore-Pod -Repository $args[0] -Label @{ app = $null; tier = 'copy'; canary = $true } -Annotation @{ note = 1 }",
            _session.Repository).Single;

        dynamic labels = pod.Properties["Labels"].Value;
        Assert.Equal("copy", (string)labels["tier"]);
        Assert.Equal("true", (string)labels["canary"]);
        Assert.False((bool)labels.ContainsKey("app"));
        Assert.Contains("\"note\":\"1\"", Json(pod, "Manifest"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("@{ spec = @{ hostname = 'h'; containers = @(@{ name = 'app'; env = @(@{ name = 'NEW'; value = 'x' }) }) } }")]
    [InlineData("'{\"spec\":{\"hostname\":\"h\",\"containers\":[{\"name\":\"app\",\"env\":[{\"name\":\"NEW\",\"value\":\"x\"}]}]}}'")]
    [InlineData("@(@{ op = 'add'; path = '/spec/hostname'; value = 'h' }, @{ op = 'add'; path = '/spec/containers/0/env/-'; value = @{ name = 'NEW'; value = 'x' } })")]
    [InlineData("{ $_.spec.psobject.Properties.Add([psnoteproperty]::new('hostname', 'h')); $_.spec.containers[0].env += [pscustomobject] @{ name = 'NEW'; value = 'x' } }")]
    [InlineData("{ param($pod) $pod.spec.psobject.Properties.Add([psnoteproperty]::new('hostname', 'h')); $pod.spec.containers[0].env += @{ name = 'NEW'; value = 'x' }; $pod }")]
    public void Patch_changes_anything_else_last(string patch)
    {
        var manifest = _session.Run(Checkpoint + $" | Restore-Pod -Repository $args[0] -AsManifest -Patch {patch}", _session.Repository).Single;

        dynamic pod = manifest;
        Assert.Equal("h", (string)pod.spec.hostname);
        var environment = ((object[])pod.spec.containers[0].env).Cast<PSObject>().Select(variable => (string)((dynamic)variable).name).ToList();
        Assert.Equal(["PORT", "SECRET_SAMPLE", "NEW"], environment);
        Assert.Contains("@sha256:", (string)pod.spec.containers[0].image, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ throw 'no' }", "PatchScriptFailed")]
    [InlineData("{ 'text' }", "ManifestNotAPod")]
    [InlineData("@{ spec = @{ containers = @(@{ image = 'x' }) } }", "PatchInvalid")]
    [InlineData("@(@{ op = 'remove'; path = '/spec/nosuch' })", "PatchNotApplicable")]
    public void A_patch_that_fails_creates_no_pod(string patch, string errorId)
    {
        Assert.Equal(errorId, _session.Run(Checkpoint + $" | Restore-Pod -Repository $args[0] -Patch {patch}", _session.Repository).ErrorId);
        Assert.Empty(_session.Cluster.RestoredContainers);
    }

    [Fact]
    public void A_mount_missing_in_the_manifest_is_added_or_named()
    {
        const string Manifest = """{"kind":"Pod","metadata":{"name":"by-hand","namespace":"shop"},"spec":{"containers":[{"name":"a","image":"x"}]}}""";
        var saved = "Get-Pod multi -Namespace shop | Invoke-ContainerCheckpoint -ContainerName a | Save-CheckpointArchive -Destination ./cp";

        var pod = _session.Run(saved + " | Restore-Pod -Repository $args[0] -Manifest $args[1]", _session.Repository, Manifest).Single;
        Assert.Equal("Running", Text(pod, "Status"));
        Assert.Contains("\"mountPath\":\"/scratch\"", Json(pod, "Manifest"), StringComparison.Ordinal);

        var error = _session.Run(
            "Get-CheckpointArchive ./cp | Restore-Pod -Repository $args[0] -Manifest $args[1] -Patch { $_.spec.containers[0].volumeMounts = @() }", _session.Repository, Manifest).Error;
        Assert.StartsWith("RestoreMountMissing,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("/scratch", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Archives_need_a_repository()
    {
        var outcome = _session.Run(Checkpoint + " | Restore-Pod");
        Assert.Equal("RepositoryMissing", outcome.ErrorId);
        Assert.Contains("-Repository", outcome.Error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIf_pushes_nothing_and_creates_no_pod()
    {
        var before = _session.Run(Checkpoint).Objects;
        var count = _session.Cluster.Requests.Count;

        var shown = _session.Session.Show("$args[0] | Restore-Pod -Repository $args[1] -WhatIf", before[0], _session.Repository);

        Assert.DoesNotContain(_session.Cluster.Requests.Skip(count), request => request.Method is not "GET" and not "HEAD");
        Assert.Contains(shown, line => line.Contains("Push images and restore", StringComparison.Ordinal) && line.Contains("shop/web-1-restored", StringComparison.Ordinal));
    }

    [Fact]
    public void A_manifest_needs_no_cluster_if_the_image_has_the_pod()
    {
        var manifest = _session.Run(
            """
            $image = New-RestoreImage $args[0] -Repository $args[1] -Manifest '{"kind":"Pod","metadata":{"name":"counter","namespace":"default"},"spec":{"containers":[{"name":"counter"}]}}'
            $image | Restore-Pod -AsManifest -KubeConfig $args[2]
            """,
            Fixture.Archive("crio-counter.tar"),
            _session.Repository,
            NowhereKubeConfig()).Single;

        Assert.Equal("counter-restored", (string)((dynamic)manifest).metadata.name);
    }

    private string NowhereKubeConfig()
    {
        var path = Path.Combine(_session.Folder, "nowhere.yaml");
        File.WriteAllText(path, """
            apiVersion: v1
            kind: Config
            clusters: [{name: none, cluster: {server: "https://127.0.0.1:1"} }]
            users: [{name: nobody, user: {token: none} }]
            contexts: [{name: none, context: {cluster: none, user: nobody} }]
            current-context: none
            """);
        return path;
    }
}
