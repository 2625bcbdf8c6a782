using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Pipeline;

/// <summary>What goes wrong for users: each failure is a clear error record, the pipeline continues, and no partial files remain.</summary>
public sealed class FailureTests(SharedCluster shared) : IClassFixture<SharedCluster>, IDisposable
{
    private static readonly string[] TransferFailures = ["TransferBroken", "ArchiveVerificationFailed"];

    private readonly List<IDisposable> _opened = [];
    private ClusterSession? _session;

    private ClusterSession Session => _session ??= Opened(new ClusterSession());

    public void Dispose() => _opened.ForEach(item => item.Dispose());

    [Theory]
    [InlineData("Get-Pod no-such-pod", "PodNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Get-Pod -Namespace no-such-*", "NoNamespaceMatches", ErrorCategory.ObjectNotFound)]
    [InlineData("Get-Pod -Namespace 'Not_A_Name'", "InvalidName", ErrorCategory.InvalidArgument)]
    [InlineData("Get-Pod -Selector 'a in ('", "InvalidSelector", ErrorCategory.InvalidArgument)]
    [InlineData("Get-Pod -Context no-such-context", "ContextNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Get-Pod -KubeConfig ./no-such-file", "KubeConfigNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Get-Pod -Context limited", "Forbidden", ErrorCategory.PermissionDenied)]
    [InlineData("Invoke-ContainerCheckpoint no-such-pod", "PodNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint -ContainerName nope", "ContainerNameNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Get-Pod done | Invoke-ContainerCheckpoint", "NoRunningContainer", ErrorCategory.InvalidOperation)]
    [InlineData("Get-Pod crash | Invoke-ContainerCheckpoint -ContainerName main", "ContainerNotRunning", ErrorCategory.InvalidOperation)]
    [InlineData("42 | Invoke-ContainerCheckpoint", "InputNotAPod", ErrorCategory.InvalidArgument)]
    [InlineData("42 | Save-CheckpointArchive -Destination ./cp", "InputNotACheckpoint", ErrorCategory.InvalidArgument)]
    [InlineData("Save-CheckpointArchive -NodeName no-such-node -NodePath /var/lib/kubelet/checkpoints/x.tar -Destination ./cp", "NodeNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Save-CheckpointArchive -NodeName node1 -NodePath /var/lib/kubelet/checkpoints/none.tar -Destination ./cp", "ArchiveNotOnNode", ErrorCategory.ObjectNotFound)]
    [InlineData("Save-CheckpointArchive -NodeName node1 -NodePath x.tar -Destination ./cp", "NodePathInvalid", ErrorCategory.InvalidArgument)]
    [InlineData("Save-CheckpointArchive -NodeName node1 -NodePath /x/y.tar -Destination ./cp -HelperImage registry.invalid/no/such:image", "HelperPodNotStarted", ErrorCategory.ResourceUnavailable)]
    public void A_path_that_does_not_exist_is_reported_as_such(string script, string errorId, ErrorCategory category)
    {
        var outcome = shared.Session.Run(script);

        Assert.Equal((errorId, category), (outcome.ErrorId, outcome.Error.CategoryInfo.Category));
        Assert.NotEmpty(outcome.Error.ErrorDetails.RecommendedAction);
        Assert.Empty(outcome.Output);
        Assert.Empty(shared.Session.Cluster.HelperPods);
    }

    [Theory]
    [InlineData(KubeletBehaviour.GateOff, "CheckpointGateOff")]
    [InlineData(KubeletBehaviour.CriuMissing, "CriuNotAvailable")]
    [InlineData(KubeletBehaviour.CriuSupportOff, "CheckpointSupportOff")]
    [InlineData(KubeletBehaviour.RuntimeTooOld, "RuntimeTooOld")]
    [InlineData(KubeletBehaviour.EstablishedTcp, "EstablishedTcpConnection")]
    public void Errors_of_the_node_are_recognised_and_the_other_pods_continue(KubeletBehaviour behaviour, string errorId)
    {
        Session.Cluster.SetKubeletBehaviour("node1", behaviour, "shop", "web-1");

        var outcome = Session.Run("Get-Pod web* -Namespace shop | Invoke-ContainerCheckpoint");

        Assert.Equal(errorId, outcome.ErrorId);
        Assert.Equal("web-1", Text(PSObject.AsPSObject(outcome.Error.TargetObject), "PodName"));
        Assert.NotNull(outcome.Error.Exception.InnerException);
        Assert.Equal("web-2", Text(Assert.Single(outcome.Output), "PodName"));
    }

    [Fact]
    public void The_log_of_a_failed_dump_is_on_the_target_of_the_error()
    {
        Session.Cluster.SetKubeletBehaviour("node1", KubeletBehaviour.EstablishedTcp, "shop", "web-1");

        var entries = Session.Run(
            "Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint -ErrorVariable failed -ErrorAction SilentlyContinue; "
            + "$failed[0].TargetObject | Get-CheckpointLog -Level Error").Objects;

        Assert.Contains(entries, entry => Text(entry, "Message")!.StartsWith("inet: Connected TCP socket", StringComparison.Ordinal));
        Assert.Contains(entries, entry => Text(entry, "LogPath")!.EndsWith("/userdata/dump.log", StringComparison.Ordinal));
    }

    [Fact]
    public void Temporary_failures_are_retried()
    {
        Session.Cluster.AddFault(new SandboxFault { Server = SandboxServer.Kubelet, Method = "POST", Status = 503, Body = "try later", Times = 1 });

        Assert.Equal("web-1", Text(Session.Run("Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint").Single, "PodName"));
        Assert.Equal(2, Session.CheckpointRequests.Count());
    }

    [Fact]
    public void After_a_timeout_the_node_is_searched_and_nothing_is_requested_twice()
    {
        Session.Cluster.SetKubeletBehaviour("node1", KubeletBehaviour.DeadlineExceeded);

        var checkpoint = Session.Run("Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint").Single;

        Assert.StartsWith("/var/lib/kubelet/checkpoints/checkpoint-web-1_shop-app-", Text(checkpoint, "NodePath"), StringComparison.Ordinal);
        Assert.Single(Session.CheckpointRequests);
        Assert.Empty(Session.Cluster.HelperPods);
    }

    [Fact]
    public void A_container_is_never_checkpointed_twice_concurrently()
    {
        var checkpoints = Session.Run("$pod = Get-Pod web-1 -Namespace shop; $pod, $pod, $pod | Invoke-ContainerCheckpoint -ThrottleLimit 3").Objects;

        // The kubelet puts the time in seconds into the names of archives: three names mean three seconds.
        Assert.Equal(3, checkpoints.Select(checkpoint => Text(checkpoint, "NodePath")).Distinct().Count());
    }

    [Theory]
    [InlineData("Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint -Context checkpointer", "NodeProxyForbidden", "nodes/proxy")]
    [InlineData("Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint -KubeletUri $args[0] -Token $args[1] -SkipCertificateCheck", "KubeletCheckpointForbidden", "nodes/checkpoint")]
    public void Each_refusal_names_the_missing_permission(string script, string errorId, string right)
    {
        var outcome = Session.Run(script, Session.Cluster.KubeletUri("node1"), Session.Cluster.Tokens["limited-user"]);

        Assert.Equal((errorId, ErrorCategory.PermissionDenied), (outcome.ErrorId, outcome.Error.CategoryInfo.Category));
        Assert.Contains(right, outcome.Error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void The_missing_permission_of_kubeadms_api_server_is_named_with_its_remedy()
    {
        var session = Opened(new ClusterSession(new SandboxOptions { ApiServerLacksCheckpointRight = true }));

        var outcome = session.Run("Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint");

        Assert.Equal("KubeadmKubeletClientForbidden", outcome.ErrorId);
        Assert.Contains("kube-apiserver-kubelet-client", outcome.Error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kubelet_with_an_untrusted_certificate_is_refused()
    {
        var outcome = Session.Run("Get-Pod -KubeletUri $args[0] -Token $args[1]", Session.Cluster.KubeletUri("node1"), Session.Cluster.Tokens["admin"]);

        Assert.Equal("KubeletCertificateInvalid", outcome.ErrorId);
        Assert.Contains("-CACertificate", outcome.Error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain(Session.Cluster.Requests, request => request.Server == SandboxServer.Kubelet);
    }

    [Fact]
    public void No_cluster_is_an_error_and_localhost_is_never_tried()
    {
        var home = Directory.CreateTempSubdirectory("kubecheckpoint-home").FullName;
        using var session = new ModuleSession();
        var outcome = session.Run(
            """
            $saved = $env:KUBECONFIG, $env:HOME, $env:USERPROFILE
            try { $env:KUBECONFIG = ''; $env:HOME = $env:USERPROFILE = $args[0]; Get-Pod }
            finally { $env:KUBECONFIG, $env:HOME, $env:USERPROFILE = $saved }
            """,
            home);
        Directory.Delete(home, recursive: true);

        Assert.Equal("NoClusterConfigured", outcome.ErrorId);
    }

    [Fact]
    public void Files_that_are_not_checkpoint_archives_are_errors_and_the_others_are_read()
    {
        var archive = File.ReadAllBytes(Fixture.Archive("crio-counter.tar"));
        Write("text.tar", "no tar at all"u8.ToArray());
        Write("cut.tar", archive[..(archive.Length / 2)]);
        Write("other.tar", OtherTar());
        Write("whole.tar", archive);

        var outcome = Session.Run("Get-CheckpointArchive .");

        Assert.Equal(["ArchiveMemberMissing", "ArchiveTruncated", "NotAnArchive"], outcome.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]).Order());
        Assert.All(outcome.Errors, error => Assert.Contains(Session.Folder, error.Exception.Message, StringComparison.Ordinal));
        Assert.EndsWith("whole.tar", Text(Assert.Single(outcome.Output), "Path"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-Repository 'Not A Name'", "ImageNameInvalid", ErrorCategory.InvalidArgument)]
    [InlineData("", "RestoreImageTargetMissing", ErrorCategory.InvalidArgument)]
    [InlineData("-Repository a.local/b -Reference a.local/b:c", "RestoreImageTargetAmbiguous", ErrorCategory.InvalidArgument)]
    public void An_image_needs_a_name(string arguments, string errorId, ErrorCategory category)
    {
        var outcome = Session.Run($"New-RestoreImage $args[0] {arguments}", Fixture.Archive("crio-counter.tar"));

        Assert.Equal((errorId, category), (outcome.ErrorId, outcome.Error.CategoryInfo.Category));
    }

    [Fact]
    public void A_registry_that_is_down_is_unreachable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = listener.LocalEndpoint.ToString();
        listener.Stop();

        var outcome = Session.Run("New-RestoreImage $args[0] -Repository $args[1]", Fixture.Archive("crio-counter.tar"), $"{address}/restore");

        Assert.Equal("RegistryUnreachable", outcome.ErrorId);
    }

    [Fact]
    public void A_registry_requires_the_right_password()
    {
        var registry = new SandboxRegistryOptions { Authentication = RegistryAuthentication.Token };
        var session = Opened(new ClusterSession(new SandboxOptions { Registry = registry }));
        const string Push = """
            $password = [Net.NetworkCredential]::new('', $args[3]).SecurePassword
            New-RestoreImage $args[0] -Repository $args[1] -RegistryCredential ([pscredential]::new($args[2], $password))
            """;
        var fixture = Fixture.Archive("crio-counter.tar");

        Assert.Equal("RegistryUnauthorized", session.Run(Push, fixture, session.Repository, registry.UserName, "wrong").ErrorId);
        Assert.NotNull(session.Run(Push, fixture, session.Repository, registry.UserName, registry.Password).Single);
    }

    [Fact]
    public void A_copy_that_differs_from_the_nodes_archive_never_gets_its_name()
    {
        Session.Cluster.AddFault(new SandboxFault { PathContains = "dd", TruncateAfterBytes = 50_000, Times = int.MaxValue });

        var outcome = Session.Run("Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp");

        Assert.Contains(outcome.ErrorId, TransferFailures);
        Assert.Empty(Directory.GetFiles(Path.Combine(Session.Folder, "cp"), "*.tar"));
        Assert.Empty(Session.Cluster.HelperPods);
    }

    [Fact]
    public void A_repeated_request_is_in_the_verbose_output()
    {
        Session.Cluster.AddFault(new SandboxFault { Server = SandboxServer.ApiServer, Method = "GET", PathContains = "/pods", Status = 503 });

        var outcome = Session.Run("Get-Pod web-1 -Namespace shop -Verbose 4>&1 | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] }");

        Assert.Contains(outcome.Output, record => record.ToString()!.Contains("responded with status 503. Attempt 2 of 4 follows", StringComparison.Ordinal));
    }

    [Fact]
    public void A_tool_missing_in_the_helper_image_is_named()
    {
        var session = Opened(new ClusterSession(new SandboxOptions { MissingCommands = ["sha256sum", "busybox"] }));

        var outcome = session.Run("Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp");

        Assert.Equal("HelperToolMissing", outcome.ErrorId);
        Assert.Contains("sha256sum", outcome.Error.Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RestoreBehaviour.Disabled, "disabled by configuration")]
    [InlineData(RestoreBehaviour.BaseImageMissing, "image not known")]
    public void A_failed_restore_has_the_runtimes_message(RestoreBehaviour behaviour, string words)
    {
        Session.Cluster.SetRestoreBehaviour("node2", behaviour);

        var outcome = Session.Run(
            """
            Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp |
                New-RestoreImage -Repository $args[0] | Restore-Pod -NodeName node2 -TimeoutSec 30
            """,
            Session.Repository);

        Assert.StartsWith("Restore", outcome.ErrorId, StringComparison.Ordinal);
        Assert.Contains(words, outcome.Error.Exception.Message, StringComparison.Ordinal);
        Assert.NotEmpty(outcome.Error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void An_existing_pod_of_that_name_is_not_touched()
    {
        var outcome = Session.Run(
            """
            Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp |
                New-RestoreImage -Repository $args[0] | Restore-Pod -NewName web-2
            """,
            Session.Repository);

        Assert.Equal(("PodExists", ErrorCategory.ResourceExists), (outcome.ErrorId, outcome.Error.CategoryInfo.Category));
    }

    [Fact]
    public void An_image_that_was_not_pushed_cannot_be_restored()
    {
        var outcome = Session.Run("New-RestoreImage $args[0] -Destination ./image.tar -Reference a.local/b:c -Manifest $args[1] | Restore-Pod", Fixture.Archive("crio-counter.tar"), """{"kind":"Pod","metadata":{"name":"counter","namespace":"default"},"spec":{"containers":[{"name":"counter"}]}}""");

        Assert.Equal("RestoreImageNotPushed", outcome.ErrorId);
    }

    [LinuxRootFact]
    public void A_full_disk_is_reported_and_leaves_nothing_behind()
    {
        using var disk = new SmallDisk(Path.Combine(Session.Folder, "small"), "64k");

        var outcome = Session.Run("Get-Pod web-1 -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./small");

        Assert.Equal("DiskFull", outcome.ErrorId);
        Assert.Empty(Directory.GetFileSystemEntries(disk.Path));
    }

    private static byte[] OtherTar()
    {
        using var stream = new MemoryStream();
        using (var writer = new System.Formats.Tar.TarWriter(stream, leaveOpen: true))
            writer.WriteEntry(new System.Formats.Tar.PaxTarEntry(System.Formats.Tar.TarEntryType.RegularFile, "readme") { DataStream = new MemoryStream("hello"u8.ToArray()) });
        return stream.ToArray();
    }

    private void Write(string name, byte[] content) => File.WriteAllBytes(Path.Combine(Session.Folder, name), content);

    private T Opened<T>(T item)
        where T : IDisposable
    {
        _opened.Add(item);
        return item;
    }
}
