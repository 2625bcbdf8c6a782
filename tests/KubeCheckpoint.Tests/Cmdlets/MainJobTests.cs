using System.Collections;
using System.Diagnostics;
using System.Management.Automation;
using System.Security.Cryptography;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>The main job, from a running pod to a restored one, as users type it, in the sandbox.</summary>
public sealed class MainJobTests : IDisposable
{
    private readonly ClusterSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void One_pipeline_restores_pods_on_another_node()
    {
        var pods = _session.Run(
            """
            Get-Pod web* -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp |
                New-RestoreImage -Repository $args[0] | Restore-Pod -NodeName node2
            """,
            _session.Repository).Objects;

        Assert.Equal(["web-1-restored", "web-2-restored"], pods.Select(pod => Text(pod, "PodName")).Order());
        Assert.All(pods, pod => Assert.Equal(("node2", "Running"), (Text(pod, "NodeName"), Text(pod, "Status"))));
        Assert.Equal(["shop/web-1/app", "shop/web-2/app"], _session.Cluster.RestoredContainers.Select(Source).Order());
        Assert.Empty(_session.Cluster.HelperPods);
    }

    [Fact]
    public void The_documented_permissions_are_enough()
    {
        _session.Cluster.AddNamespace("kube-checkpoint", new Dictionary<string, string> { ["pod-security.kubernetes.io/enforce"] = "privileged" });
        var pod = _session.Run(
            """
            Get-Pod web-1 -Namespace shop -Context operator | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp |
                New-RestoreImage -Repository $args[0] | Restore-Pod -Context operator
            """,
            _session.Repository).Single;

        Assert.Equal("Running", Text(pod, "Status"));
        Assert.DoesNotContain(_session.Cluster.Requests, request => request.Server == SandboxServer.ApiServer && request.User != "operator");
    }

    [UnixFact]
    public void Volumes_come_along_beside_the_archive()
    {
        var container = new SandboxContainer("app") { Mounts = new Dictionary<string, string> { ["data"] = "/scratch" } };
        _session.Cluster.AddPod(new SandboxPod("shop", "vol", "node1", container) { EmptyDirs = ["data"] });
        File.WriteAllText(Path.Combine(_session.Cluster.VolumeFolder("shop", "vol", "data"), "file"), "text");

        var archive = _session.Run(
            "Get-Pod vol -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp -IncludeVolumes").Single;
        var volume = PSObject.AsPSObject(((IEnumerable)archive.Properties["Volumes"].Value).Cast<object>().Single());
        var image = _session.Run("$image = Get-CheckpointArchive ./cp/*.tar | New-RestoreImage -Repository $args[0]; $image", _session.Repository).Single;
        var restored = _session.Run("$image | Restore-Pod -NodeName node2").Single;
        var skipped = _session.Run("Restore-Pod -Reference $args[0] -NodeName node2 -SkipVolumes -NewName skipped", Text(image, "Reference")).Single;
        var named = _session.Run("Restore-Pod -Reference $args[0] -NodeName node2 -VolumePath ./cp -NewName named", Text(image, "Reference")).Single;
        var test = _session.Run("Test-PodRestore vol -Namespace shop -Repository $args[0] -IncludeVolumes", _session.Repository).Single;

        Assert.Equal(("data", "EmptyDir"), (Text(volume, "Name"), Text(volume, "Kind")));
        Assert.Equal("text", File.ReadAllText(FileIn(restored)));
        Assert.Equal("text", File.ReadAllText(FileIn(named)));
        Assert.False(File.Exists(FileIn(skipped)));
        Assert.Equal("True", Text(test, "Passed"));
        Assert.Contains(
            _session.Cluster.Requests,
            request => request.Path.Contains("head%20-c", StringComparison.Ordinal) && request.Path.Contains("kubecheckpoint-drill", StringComparison.Ordinal));

        string FileIn(PSObject pod) => Path.Combine(_session.Cluster.VolumeFolder("shop", Text(pod, "PodName")!, "data"), "file");
    }

    [Fact]
    public void A_pod_with_two_containers_is_restored_as_one_pod()
    {
        var pod = _session.Run(
            """
            Get-Pod multi -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp |
                New-RestoreImage -Repository $args[0] | Restore-Pod -NodeName node2 -NewName multi-copy
            """,
            _session.Repository).Single;

        Assert.Equal("multi-copy", Text(pod, "PodName"));
        Assert.Equal(["multi-copy/a", "multi-copy/b"], _session.Cluster.RestoredContainers.Select(restored => $"{restored.PodName}/{restored.ContainerName}").Order());
    }

    [Fact]
    public void An_archive_of_containerd_is_restored_in_the_same_way()
    {
        var pod = _session.Run(
            """
            Get-Pod counter | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp |
                New-RestoreImage -Repository $args[0] | Restore-Pod -NodeName node3
            """,
            _session.Repository).Single;

        Assert.Equal(("Running", "node3"), (Text(pod, "Status"), Text(pod, "NodeName")));
    }

    [Fact]
    public void Checkpoints_have_what_the_next_cmdlet_needs()
    {
        var checkpoint = _session.Run("Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint").Single;

        Assert.Equal("shop/web-1/app on node1", $"{Text(checkpoint, "Namespace")}/{Text(checkpoint, "PodName")}/{Text(checkpoint, "ContainerName")} on {Text(checkpoint, "NodeName")}");
        Assert.StartsWith("/var/lib/kubelet/checkpoints/checkpoint-web-1_shop-app-", Text(checkpoint, "NodePath"), StringComparison.Ordinal);
        Assert.Contains("\"web-1\"", Json(checkpoint, "PodManifest"), StringComparison.Ordinal);
        Assert.InRange((DateTimeOffset)checkpoint.Properties["CheckpointedAt"].Value, DateTimeOffset.Now.AddMinutes(-1), DateTimeOffset.Now);
        Assert.InRange((TimeSpan)checkpoint.Properties["Duration"].Value, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void Takes_the_pods_of_kubectl_names_and_objects()
    {
        var kubectl = """{"apiVersion":"v1","kind":"List","items":[{"metadata":{"name":"web-1","namespace":"shop"}},{"metadata":{"name":"counter","namespace":"default"}}]}""";
        var list = _session.Run(
            """
            function ToObject($value) {
                if ($value -is [Text.Json.JsonElement] -and $value.ValueKind -eq 'Object') { $o = [pscustomobject] @{}; foreach ($p in $value.EnumerateObject()) { $o.psobject.Properties.Add([psnoteproperty]::new($p.Name, (ToObject $p.Value))) }; return $o }
                if ($value.ValueKind -eq 'Array') { return , @(foreach ($item in $value.EnumerateArray()) { ToObject $item }) }
                $value.ToString()
            }
            ToObject ([Text.Json.JsonDocument]::Parse($args[0]).RootElement) | Invoke-ContainerCheckpoint
            [pscustomobject] @{ PodName = 'web-2'; Namespace = 'shop' } | Invoke-ContainerCheckpoint
            @{ PodName = 'multi'; Namespace = 'shop' } | Invoke-ContainerCheckpoint -ContainerName b
            'counter' | Invoke-ContainerCheckpoint
            Invoke-ContainerCheckpoint web-1 -Namespace shop -ContainerName a*
            """,
            kubectl).Objects;

        Assert.Equal(
            ["default/counter/counter", "default/counter/counter", "shop/multi/b", "shop/web-1/app", "shop/web-1/app", "shop/web-2/app"],
            list.Select(checkpoint => checkpoint.ToString()).Order());
    }

    [Fact]
    public void Connects_to_a_kubelet_with_a_certificate_or_a_token()
    {
        var cluster = _session.Cluster;
        var viaCertificate = _session.Run(
            "Get-Pod web-1 -KubeletUri $args[0] -Namespace shop -Certificate $args[1] -Key $args[2] -CACertificate $args[3] | Invoke-ContainerCheckpoint",
            cluster.KubeletUri("node1"),
            cluster.KubeletClientCertificatePath,
            cluster.KubeletClientKeyPath,
            cluster.CertificateAuthorityPath).Single;
        var viaToken = _session.Run(
            "Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint -KubeletUri $args[0] -Token $args[1] -SkipCertificateCheck",
            cluster.KubeletUri("node1"),
            cluster.Tokens["checkpointer"]).Single;

        Assert.All([viaCertificate, viaToken], checkpoint => Assert.Equal("node1", Text(checkpoint, "NodeName")));
        Assert.Contains(_session.CheckpointRequests, request => request.User == "checkpointer");
    }

    [Fact]
    public void A_user_who_may_only_checkpoint_at_a_kubelet_names_the_container()
    {
        var checkpoint = _session.Run(
            "Invoke-ContainerCheckpoint web-1 -Namespace shop -ContainerName app -KubeletUri $args[0] -Token $args[1] -CACertificate $args[2]",
            _session.Cluster.KubeletUri("node1"),
            _session.Cluster.Tokens["checkpointer"],
            _session.Cluster.CertificateAuthorityPath).Single;

        Assert.StartsWith("/var/lib/kubelet/checkpoints/", Text(checkpoint, "NodePath"), StringComparison.Ordinal);
        Assert.Contains(_session.Cluster.Requests, request => request.Server == SandboxServer.Kubelet && request.Path.StartsWith("/pods", StringComparison.Ordinal));
    }

    [Fact]
    public void ThrottleLimit_is_the_number_of_concurrent_checkpoints()
    {
        _session.Cluster.AddFault(new SandboxFault { Server = SandboxServer.ApiServer, PathContains = "/proxy/checkpoint/", NeverResponds = true, Times = int.MaxValue });
        using var shell = _session.Session.Prepare("Get-Pod web*, multi -Namespace shop | Invoke-ContainerCheckpoint -ThrottleLimit 2");
        var running = shell.BeginInvoke();
        int Asked() => _session.Cluster.Requests.Count(request => request.Path.Contains("/proxy/checkpoint/", StringComparison.Ordinal));

        Assert.True(SpinWait.SpinUntil(() => Asked() == 2, TimeSpan.FromSeconds(20)), $"{Asked()} were asked for.");
        Assert.False(SpinWait.SpinUntil(() => Asked() > 2, TimeSpan.FromSeconds(1)), "A third was asked for.");
        shell.Stop();
        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(running));
    }

    [Fact]
    public void Saved_archives_are_complete_private_and_beside_their_manifest()
    {
        var archive = _session.Run("Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp").Single;
        var path = Text(archive, "Path")!;

        Assert.DoesNotContain(':', Path.GetFileName(path));
        var original = Assert.Single(Directory.GetFiles(_session.Cluster.CheckpointFolder("node1")));
        Assert.Equal(SHA256.HashData(File.ReadAllBytes(original)), SHA256.HashData(File.ReadAllBytes(path)));
        Assert.Contains("web-1", File.ReadAllText(path + ".pod.json"), StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFiles(Path.GetDirectoryName(path)!).Length);
        if (!OperatingSystem.IsWindows())
        {
            foreach (var file in Directory.GetFiles(Path.GetDirectoryName(path)!))
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        Assert.Contains(_session.Session.Host.Progress, record => record.Activity.StartsWith("Saving", StringComparison.Ordinal) && record.PercentComplete > 0);
    }

    [Fact]
    public void RemoveSource_deletes_verified_archives_on_the_node()
    {
        var archives = _session.Run("Get-Pod web* -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp -RemoveSource").Objects;

        Assert.Empty(Directory.GetFiles(_session.Cluster.CheckpointFolder("node1")));
        Assert.Equal(archives.Select(archive => Text(archive, "Path")).Order(), Directory.GetFiles(Path.Combine(_session.Folder, "cp"), "*.tar").Order());
    }

    [Fact]
    public void Archives_of_one_node_share_one_helper_pod()
    {
        Assert.Equal(4, _session.Run("Get-Pod web*, multi -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp").Objects.Count);

        Assert.Single(_session.Cluster.Requests, request => request.Method == "POST" && request.Path.Contains("/namespaces/kube-checkpoint/pods?", StringComparison.Ordinal) && request.User == "admin");
    }

    [Fact]
    public void A_cut_connection_is_resumed_where_it_was_cut()
    {
        _session.Cluster.AddFault(new SandboxFault { PathContains = "dd", CutAfterBytes = 100_000, Times = 2 });

        var archive = _session.Run("Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp").Single;

        var original = Assert.Single(Directory.GetFiles(_session.Cluster.CheckpointFolder("node1")));
        Assert.Equal(File.ReadAllBytes(original), File.ReadAllBytes(Text(archive, "Path")!));
    }

    [Fact]
    public void Ctrl_c_while_saving_removes_the_helper_pod_within_a_second()
    {
        _session.Cluster.AddFault(new SandboxFault { PathContains = "/exec", NeverResponds = true, Times = int.MaxValue });
        using var shell = _session.Session.Prepare("Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp");
        var running = shell.BeginInvoke();
        Assert.True(SpinWait.SpinUntil(() => _session.Cluster.Requests.Any(request => request.Path.Contains("/exec", StringComparison.Ordinal)), TimeSpan.FromSeconds(20)));

        var clock = Stopwatch.StartNew();
        shell.Stop();

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1), $"It took {clock.Elapsed}.");
        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(running));
        Assert.True(SpinWait.SpinUntil(() => _session.Cluster.HelperPods.Count == 0, TimeSpan.FromSeconds(2)), "The helper pod is still there.");
    }

    [Fact]
    public void An_image_can_be_written_to_a_folder_or_file_instead()
    {
        var images = _session.Run(
            """
            $archive = Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp
            $archive | New-RestoreImage -Reference registry.local:5000/restore/web:1 -Destination ./layout
            $archive.Path | ForEach-Object { New-RestoreImage -LiteralPath $_ -Reference registry.local:5000/restore/web:1 -Destination ./image.tar }
            """).Objects;

        Assert.Equal(2, images.Count);
        Assert.Equal(Text(images[0], "Digest"), Text(images[1], "Digest"));
        Assert.True(File.Exists(Path.Combine(_session.Folder, "layout", "index.json")));
        Assert.True(File.Exists(Path.Combine(_session.Folder, "image.tar")));
        Assert.Equal("registry.local:5000/restore/web:1", Text(images[0], "Reference"));
    }

    [Fact]
    public void AsManifest_returns_the_pod_as_an_object_and_creates_nothing()
    {
        var manifest = _session.Run(
            """
            Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp |
                New-RestoreImage -Repository $args[0] | Restore-Pod -AsManifest -Namespace other
            """,
            _session.Repository).Single;

        dynamic pod = manifest;
        Assert.Equal(("Pod", "other", "web-1-restored"), ((string)pod.kind, (string)pod.metadata.@namespace, (string)pod.metadata.name));
        Assert.Empty(_session.Cluster.RestoredContainers);

        // -Manifest accepts the output of -AsManifest with the user's changes.
        manifest.Properties["metadata"].Value = new PSObject(((PSObject)manifest.Properties["metadata"].Value).Copy());
        var made = _session.Run(
            """
            $image = New-RestoreImage ./cp -Repository $args[1]
            $image | Restore-Pod -Manifest $args[0] -NewName by-hand -Namespace shop
            """,
            manifest,
            _session.Repository).Single;
        Assert.Equal("by-hand", Text(made, "PodName"));
    }

    [Fact]
    public void The_live_pod_is_used_if_the_image_has_no_manifest()
    {
        var pod = _session.Run(
            """
            $image = Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp | New-RestoreImage -Repository $args[0]
            Restore-Pod -Reference $image.Reference -ContainerName app -PodName web-1 -Namespace shop -NodeName node2
            """,
            _session.Repository).Single;

        Assert.Equal("web-1-restored", Text(pod, "PodName"));
        Assert.Single(_session.Cluster.RestoredContainers);
    }

    [Theory]
    [InlineData("Get-Pod web* -Namespace shop | Invoke-ContainerCheckpoint -WhatIf")]
    [InlineData("Save-CheckpointArchive -NodeName node1 -NodePath /var/lib/kubelet/checkpoints/x.tar -Destination ./cp -WhatIf")]
    [InlineData("New-RestoreImage $args[0] -Repository $args[1] -WhatIf")]
    public void WhatIf_changes_nothing(string script)
    {
        var fixture = Fixture.Archive("crio-counter.tar");

        Assert.Empty(_session.Run(script, fixture, _session.Repository).Objects);

        Assert.DoesNotContain(_session.Cluster.Requests, request => request.Method is not "GET" and not "HEAD");
        Assert.Empty(Directory.GetFileSystemEntries(_session.Folder));
    }

    [Fact]
    public void Confirm_asks_for_each_container_and_respects_a_no()
    {
        var asked = new List<string>();
        _session.Session.Host.Answer = question =>
        {
            asked.Add(question);
            return question.Contains("web-1", StringComparison.Ordinal) ? 0 : 2;
        };

        var checkpoint = _session.Run("Get-Pod web* -Namespace shop | Invoke-ContainerCheckpoint -Confirm").Single;

        Assert.Equal(2, asked.Count);
        Assert.Equal("web-1", Text(checkpoint, "PodName"));
    }

    [Theory]
    [InlineData("Get-Pod -KubeConfig $k -Namespace sh", "shop")]
    [InlineData("Get-Pod -KubeConfig $k -Namespace shop web-", "web-2")]
    [InlineData("Get-Pod -KubeConfig $k -NodeName no", "node3")]
    [InlineData("Get-Pod -KubeConfig $k -Context op", "operator")]
    [InlineData("Invoke-ContainerCheckpoint -KubeConfig $k -Namespace shop -PodName multi -ContainerName ", "b")]
    [InlineData("Save-CheckpointArchive -KubeConfig $k -HelperNamespace def", "default")]
    public void Completes_what_the_cluster_lists(string line, string expected)
    {
        // A completer stops after 1.5 s, and on a busy machine the first connection of a process can take longer.
        Assert.NotEmpty(_session.Run("Get-Pod -AllNamespaces").Objects);

        var quoted = $"'{_session.Cluster.KubeConfigPath}'";
        Assert.Contains(expected, _session.Session.Complete(line.Replace("$k", quoted, StringComparison.Ordinal)));
    }

    private static string Source(RestoredContainer restored) => $"{restored.SourceNamespace}/{restored.SourcePodName}/{restored.SourceContainerName}";
}
