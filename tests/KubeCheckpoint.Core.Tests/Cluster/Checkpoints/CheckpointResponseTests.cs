using System.Net;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Core.Tests.Cluster.Checkpoints;

/// <summary>The bodies are those of real kubelets and API servers, word for word.</summary>
public sealed class CheckpointResponseTests
{
    private static readonly CheckpointTarget ThroughProxy = Target(ServerRole.ApiServer);
    private static readonly CheckpointTarget Direct = Target(ServerRole.Kubelet);

    [Theory]
    [InlineData(404, "pod does not exist", "PodNotFound")]
    [InlineData(404, "container counter does not exist", "ContainerNotFound")]
    [InlineData(404, "404 page not found\n", "CheckpointGateOff")]
    [InlineData(404, "404: Page Not Found", "CheckpointFailed")]
    [InlineData(404, "cannot parse value of timeout parameter", "CheckpointFailed")]
    [InlineData(401, "Unauthorized", "KubeletUnauthorized")]
    [InlineData(500, "checkpointing of shop/web/counter failed (container counter not found)", "ContainerNotRunning")]
    [InlineData(500, "checkpointing of shop/web/counter failed (rpc error: code = Unknown desc = checkpointing container \"631e\" failed: container \"631e\" is in CONTAINER_EXITED state. only CONTAINER_RUNNING containers can be checkpointed)", "ContainerNotRunning")]
    [InlineData(500, "checkpointing of shop/web/counter failed (rpc error: code = Unimplemented desc = unknown method CheckpointContainer for service runtime.v1.RuntimeService)", "RuntimeTooOld")]
    [InlineData(500, "checkpointing of shop/web/counter failed (rpc error: code = Unimplemented desc = method CheckpointContainer not implemented)", "RuntimeTooOld")]
    [InlineData(500, "checkpointing of shop/web/counter failed (CheckpointContainer is only supported in the CRI v1 runtime API)", "RuntimeTooOld")]
    [InlineData(500, "checkpointing of default/counter/counter failed (rpc error: code = Unknown desc = checkpoint/restore support not available)", "CheckpointSupportOff")]
    [InlineData(500, "checkpointing of default/counter/counter failed (rpc error: code = Unknown desc = criu support is disabled by configuration)", "CheckpointSupportOff")]
    [InlineData(500, "checkpointing of default/counter/counter failed (rpc error: code = Unknown desc = criu binary not found in shim path or system PATH)", "CriuNotAvailable")]
    [InlineData(500, "checkpointing of default/counter/counter failed (rpc error: code = Unknown desc = CRIU binary not found or too old (<31600). Failed to checkpoint container \"631e\": failed to check for criu version: exec: \"criu\": executable file not found in $PATH)", "CriuNotAvailable")]
    [InlineData(500, "checkpointing of default/counter/counter failed (rpc error: code = Unknown desc = failed to checkpoint container f5d4: check for CRIU failed failed to check for criu version: exec: \"criu\": executable file not found in $PATH)", "CriuNotAvailable")]
    [InlineData(500, "checkpointing of default/counter/counter failed (rpc error: code = Unknown desc = checkpointing container \"631e\" failed: cannot pause a paused container)", "CheckpointBusy")]
    [InlineData(500, "checkpointing of default/counter/counter failed (rpc error: code = Unknown desc = failed to pause container \"f5d4\" before checkpointing: `/usr/local/bin/runc-lab --root /run/runc-crio pause f5d4` failed: time=\"2026-11-23T06:52:56Z\" level=error msg=\"container not running\"\n : container process not found)", "CheckpointBusy")]
    [InlineData(500, "checkpointing of default/memhog/memhog failed (rpc error: code = DeadlineExceeded desc = stream terminated by RST_STREAM with error code: CANCEL)", "CheckpointTimedOut")]
    [InlineData(500, "checkpointing of default/memhog/memhog failed (rpc error: code = DeadlineExceeded desc = context deadline exceeded)", "CheckpointTimedOut")]
    [InlineData(500, "checkpointing of default/redis/redis failed (rpc error: code = Unknown desc = checkpointing container \"c815\" failed: runc did not terminate successfully: exit status 1: criu failed: type DUMP errno 0 path= /run/containerd/io.containerd.runtime.v2.task/k8s.io/c815/criu-dump.log)", "CriuDumpFailed")]
    [InlineData(500, "checkpointing of default/a/a failed (rpc error: code = Unknown desc = failed to checkpoint container f5d4: running \"/usr/bin/crun\" [\"checkpoint\" \"f5d4\"] failed: `/usr/bin/crun checkpoint f5d4` failed: could not load `libcriu.so.2`: `libcriu.so.2: cannot open shared object file`)", "CriuNotAvailable")]
    [InlineData(500, "checkpointing of default/a/a failed (rpc error: code = Unknown desc = failed to checkpoint container f5d4: running \"/usr/bin/crun\" [\"checkpoint\" \"f5d4\"] failed: `/usr/bin/crun checkpoint f5d4` failed: libcriu is too old)", "CriuNotAvailable")]
    [InlineData(500, "checkpointing of default/a/a failed (rpc error: code = Unknown desc = checkpointing container \"c815\" failed: runc did not terminate successfully: exit status 1: CRIU version 31500 must be 31600 or higher)", "CriuNotAvailable")]
    [InlineData(500, "checkpointing of default/a/a failed (rpc error: code = Unknown desc = failed to checkpoint container f5d4: `/usr/bin/crun checkpoint f5d4` failed: CRIU checkpointing failed: -52)", "CriuDumpFailed")]
    [InlineData(500, "checkpointing of default/a/a failed (rpc error: code = Unknown desc = failed to write file \"/var/lib/containers/storage/overlay-containers/f5d4/userdata/checkpoint/pages-1.img\": write /var/lib/x: no space left on device)", "NodeDiskFull")]
    [InlineData(500, "checkpointing of default/a/a failed (rpc error: code = Unknown desc = open /var/lib/kubelet/checkpoints/checkpoint-a.tar: disk quota exceeded)", "NodeDiskFull")]
    [InlineData(500, "checkpointing of default/a/a failed (rpc error: code = Unknown desc = checkpointing container \"c815\" failed: service Checkpoint: not implemented)", "RuntimeClassUnsupported")]
    [InlineData(500, "checkpointing of default/a/a failed (rpc error: code = Unimplemented desc = service Checkpoint: not implemented)", "RuntimeClassUnsupported")]
    [InlineData(500, "checkpointing of default/a/a failed (rpc error: code = Unknown desc = failed to checkpoint container f5d4: `/usr/bin/crun checkpoint f5d4` failed: compiled without CRIU support. Checkpointing not available)", "RuntimeClassUnsupported")]
    [InlineData(500, "checkpointing of default/a/a failed (rpc error: code = Unknown desc = running \"/usr/bin/runc\" [\"checkpoint\"] failed: msg=\"(00.01) Error (criu/x.c:1): PAGEMAP_SCAN: Function not implemented\")", "CriuDumpFailed")]
    [InlineData(500, "checkpointing of default/a/a failed (something nobody has seen yet)", "CheckpointFailed")]
    [InlineData(405, "405: Method Not Allowed", "CheckpointFailed")]
    public void Kubelets_words_are_recognised(int status, string body, string errorId)
    {
        var failure = CheckpointResponse.ToFailure(new((HttpStatusCode)status, body), Direct);

        Assert.Equal(errorId, failure.ErrorId);
        Assert.Contains(body.Trim()[..10], failure.InnerException!.Message, StringComparison.Ordinal);
        Assert.NotEmpty(failure.RecommendedAction);
    }

    [Theory]
    [InlineData("limited-user", "nodes/proxy", "NodeProxyForbidden")]
    [InlineData("limited-user", "pods", "Forbidden")]
    public void Api_servers_refusal_names_user_verb_and_resource(string user, string resource, string errorId)
    {
        var body = $$"""
            {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",
             "message":"nodes \"k8slab\" is forbidden: User \"{{user}}\" cannot create resource \"{{resource}}\" in API group \"\" at the cluster scope",
             "reason":"Forbidden","details":{"name":"k8slab","kind":"nodes"},"code":403}
            """;
        var failure = CheckpointResponse.ToFailure(new(HttpStatusCode.Forbidden, body), ThroughProxy);

        Assert.Equal(errorId, failure.ErrorId);
        Assert.Equal(FailureCategory.PermissionDenied, failure.Category);
        Assert.Contains(user, failure.Message, StringComparison.Ordinal);
        Assert.Contains("create", failure.Message, StringComparison.Ordinal);
        Assert.Contains(resource, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Kubelet_refusing_the_api_server_names_the_cure()
    {
        const string Body = "Forbidden (user=kube-apiserver-kubelet-client, verb=create, resource=nodes, subresource(s)=[checkpoint])\n";
        foreach (var target in new[] { ThroughProxy, Direct })
        {
            var failure = CheckpointResponse.ToFailure(new(HttpStatusCode.Forbidden, Body), target);
            Assert.Equal("KubeadmKubeletClientForbidden", failure.ErrorId);
            Assert.Contains("--resource=nodes/checkpoint", failure.RecommendedAction, StringComparison.Ordinal);
            Assert.Contains("--user=kube-apiserver-kubelet-client", failure.RecommendedAction, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Kubelet_refusing_the_caller_names_the_service_account_to_bind()
    {
        const string Body = "Forbidden (user=system:serviceaccount:default:proxy-sa, verb=create, resource=nodes, subresource(s)=[checkpoint])\n";
        var failure = CheckpointResponse.ToFailure(new(HttpStatusCode.Forbidden, Body), Direct);

        Assert.Equal("KubeletCheckpointForbidden", failure.ErrorId);
        Assert.Contains("--serviceaccount=default:proxy-sa", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Status_objects_tell_node_credential_and_kubelet_apart()
    {
        Assert.Equal("NodeNotFound", ErrorId(404, """{"kind":"Status","message":"nodes \"nosuchnode\" not found","reason":"NotFound","details":{"name":"nosuchnode","kind":"nodes"},"code":404}"""));
        Assert.Equal("Unauthorized", ErrorId(401, """{"kind":"Status","status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}"""));
        Assert.Equal("KubeletUnavailable", ErrorId(503, """{"kind":"Status","message":"error trying to reach service: dial tcp 10.77.0.1:10250: connect: connection refused","reason":"ServiceUnavailable","code":503}"""));

        static string ErrorId(int status, string body) => CheckpointResponse.ToFailure(new((HttpStatusCode)status, body), ThroughProxy).ErrorId;
    }

    [Theory]
    [InlineData("error trying to reach service: dial tcp 10.77.0.1:10250: i/o timeout", "KubeletUnavailable")]
    [InlineData("error trying to reach service: tls: failed to verify certificate: x509: certificate signed by unknown authority", "KubeletUnavailable")]
    [InlineData("error trying to reach service: No agent available", "KubeletUnavailable")]
    [InlineData("error trying to reach service: EOF", "CheckpointResponseLost")]
    [InlineData("error trying to reach service: read tcp 10.0.0.1:4711->10.77.0.1:10250: read: connection reset by peer", "CheckpointResponseLost")]
    [InlineData("error trying to reach service: http2: client connection lost", "CheckpointResponseLost")]
    [InlineData("upstream connect error or disconnect/reset before headers. reset reason: connection termination", "CheckpointResponseLost")]
    [InlineData("no healthy upstream", "KubeletUnavailable")]
    [InlineData("", "KubeletUnavailable")]
    public void A_503_tells_whether_the_kubelet_may_have_received_the_request(string body, string errorId)
    {
        var failure = CheckpointResponse.ToFailure(new(HttpStatusCode.ServiceUnavailable, body), ThroughProxy);
        Assert.Equal(errorId, failure.ErrorId);
        Assert.Contains("503 ServiceUnavailable", failure.Message, StringComparison.Ordinal);
        Assert.Equal(errorId == "KubeletUnavailable", CheckpointResponse.IsTransient(failure));
    }

    [Theory]
    [InlineData(408)]
    [InlineData(502)]
    [InlineData(504)]
    [InlineData(524)]
    public void After_a_proxy_gave_up_an_archive_may_be_on_the_node(int status)
    {
        var failure = CheckpointResponse.ToFailure(new((HttpStatusCode)status, "<html>no luck</html>"), ThroughProxy);
        Assert.Equal("CheckpointResponseLost", failure.ErrorId);
        Assert.Contains("node 'k8slab' in '/var/lib/kubelet/checkpoints/checkpoint-web_shop-counter-*.tar'", failure.Message, StringComparison.Ordinal);
        Assert.False(CheckpointResponse.IsTransient(failure));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    [InlineData(504)]
    public void A_kubelet_that_is_asked_directly_is_not_confused_with_the_api_server(int status)
    {
        var failure = CheckpointResponse.ToFailure(new((HttpStatusCode)status, "later"), Direct);
        Assert.DoesNotContain("API server", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"{status} ", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html>Sign in</html>")]
    [InlineData("{}")]
    [InlineData("{\"items\":[]}")]
    [InlineData("{\"items\":[\"/var/lib/../../etc/passwd\"]}")]
    [InlineData("{\"items\":[\"/var/lib/\\u0000a.tar\"]}")]
    public void A_success_without_a_path_may_have_left_an_archive(string body)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => CheckpointResponse.NodePath(new(HttpStatusCode.OK, body), Direct));
        Assert.Equal("CheckpointResponseLost", failure.ErrorId);
        Assert.True(CheckpointResponse.MayHaveArchive(failure));
    }

    [Fact]
    public void Established_connection_is_found_in_the_quoted_log()
    {
        var failure = CheckpointResponse.ToFailure(new(HttpStatusCode.InternalServerError, CriuLog), Direct);
        Assert.Equal("EstablishedTcpConnection", failure.ErrorId);
    }

    [Fact]
    public void An_unknown_error_of_criu_is_named_and_what_follows_from_it_is_not()
    {
        var body = CriuLog.Replace("inet: Connected TCP socket, consider using --tcp-established option.", "Can't dump io_uring", StringComparison.Ordinal);
        var failure = CheckpointResponse.ToFailure(new(HttpStatusCode.InternalServerError, body), Direct);

        Assert.Equal("CriuDumpFailed", failure.ErrorId);
        Assert.Equal("CRIU could not dump shop/web/counter.\nCRIU: Can't dump io_uring", failure.Message);
        Assert.Equal(5, Assert.IsType<FailedCriuRun>(failure.Target).Log.Count);
    }

    [Fact]
    public void Known_errors_of_criu_are_explained()
    {
        var body = CriuLog.Replace(
            "inet: Connected TCP socket, consider using --tcp-established option.",
            "Some file locks are hold by dumping tasks! You can try --file-locks to dump them.",
            StringComparison.Ordinal);
        var failure = CheckpointResponse.ToFailure(new(HttpStatusCode.InternalServerError, body), Direct);

        Assert.Equal("CriuDumpFailed", failure.ErrorId);
        Assert.StartsWith("CRIU could not dump shop/web/counter: A process holds a file lock", failure.Message, StringComparison.Ordinal);
        Assert.StartsWith("Put 'file-locks' into /etc/criu/runc.conf", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_what_may_succeed_a_moment_later_is_transient()
    {
        var refused = new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused");
        var cut = new HttpRequestException(HttpRequestError.ResponseEnded, "The response ended prematurely.");
        Assert.True(CheckpointResponse.IsTransient(KubeletFailure.KubeletUnreachable(Direct.Server, refused)));
        Assert.True(CheckpointResponse.IsTransient(CheckpointFailure.CheckpointBusy(Direct, refused)));
        Assert.False(CheckpointResponse.IsTransient(KubeletFailure.KubeletUnreachable(Direct.Server, cut)));
        Assert.False(CheckpointResponse.IsTransient(KubeletFailure.KubeletUnreachable(Direct.Server, new TimeoutException())));
        Assert.False(CheckpointResponse.IsTransient(CheckpointFailure.CheckpointTimedOut(Direct, refused)));
        Assert.False(CheckpointResponse.IsTransient(CheckpointFailure.CheckpointGateOff(Direct, refused)));
    }

    private const string CriuLog = """
        checkpointing of default/redis/redis failed (rpc error: code = Unknown desc = failed to checkpoint container 63ac: running "/usr/local/bin/runc-lab" ["checkpoint" "--file-locks" "--leave-running" "63ac"] failed: `/usr/local/bin/runc-lab --root /run/runc-crio checkpoint 63ac` failed: time="2026-11-23T07:06:00Z" level=warning msg="--- Quoting \"/var/lib/crio-storage/overlay-containers/63ac/userdata/dump.log\""
        time="2026-11-23T07:06:00Z" level=warning msg="20:(00.000895) Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted"
        time="2026-11-23T07:06:00Z" level=warning msg="777:(00.012323) sockets: Searching for socket 0x6cf57 family 2"
        time="2026-11-23T07:06:00Z" level=warning msg="778:(00.012324) Error (criu/sk-inet.c:200): inet: Connected TCP socket, consider using --tcp-established option."
        time="2026-11-23T07:06:00Z" level=warning msg="780:(00.012335) Error (criu/cr-dump.c:1545): Dump files (pid: 8847) failed with -1"
        time="2026-11-23T07:06:00Z" level=warning msg="795:(00.077707) Error (criu/cr-dump.c:1975): Dumping FAILED."
        time="2026-11-23T07:06:00Z" level=error msg="criu failed: type DUMP errno 0"
         : exit status 1)
        """;

    private static CheckpointTarget Target(ServerRole role) =>
        new("shop", "web", "counter", "k8slab", role, new Uri("https://127.0.0.1:6443/"));
}
