using KubeCheckpoint.Cluster.Explanations;
using KubeCheckpoint.Cluster.Restore;

namespace KubeCheckpoint.Core.Tests.Cluster.Restore;

public sealed class RestoreCauseTests
{
    [Theory]
    [InlineData("failed to generate container \"ae90\" spec: failed to generate spec: no command specified", "ordinary")]
    [InlineData("restoring \"fe42\" expects following bind mounts defined (/var/run/secrets/kubernetes.io/serviceaccount)", "mounts")]
    [InlineData("checkpoint restore via CreateContainer is disabled by configuration", "is disabled")]
    [InlineData("failed to read \"status.dump\": open /tmp/checkpoint2955393274/status.dump: no such file or directory", "containerd")]
    [InlineData("failed to read \"io.kubernetes.cri-o.Annotations\": unexpected end of JSON input", "CRI-O")]
    [InlineData("failed to pull checkpoint base image 127.0.0.1:5000/counter@sha256:28f8: failed to resolve reference", "the container ran from")]
    [InlineData("failed to restore containerd task: OCI runtime restore failed: criu failed: type RESTORE errno 0", "CRIU")]
    [InlineData("msg=\"869: Error (soccr/soccr.c:499): Can't bind inet socket back: Cannot assign requested address\"\nmsg=\"criu failed: type RESTORE errno 0\"", "TCP")]
    [InlineData("namespaced signature policy /etc/containers/policies/default.json: signature validation is not supported for container restore", "signature")]
    public void Messages_of_the_runtimes_are_recognised(string words, string cause) =>
        Assert.Contains(cause, RestoreCause.Of(words, "CreateContainerError").Cause, StringComparison.Ordinal);

    [Fact]
    public void Crius_own_errors_explain_more_than_the_failure()
    {
        var cause = RestoreCause.Of("criu failed: type RESTORE errno 0", "RunContainerError", Run("Can't open file dev/shm/x on restore: No such file or directory"));
        Assert.Contains("/dev/shm", cause.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_error_of_criu_is_something_that_the_runtime_says()
    {
        const string Words = "criu failed: type RESTORE errno 0";

        var quoted = RestoreCause.Of(Words, "RunContainerError", Run("Something new went wrong"));

        Assert.DoesNotContain("does not say why", quoted.Cause, StringComparison.Ordinal);
        Assert.Contains("does not say why", RestoreCause.Of(Words, "RunContainerError").Cause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Can't open fake fifo 0x5 [scratch/f]: No such file or directory", "named pipe")]
    [InlineData("inet: Can't bind inet socket (id 5): Address already in use", "is in use")]
    [InlineData("inet: Can't bind inet socket (id 5): Cannot assign requested address", "does not exist here")]
    [InlineData("Can't get rlimit 0: Operation not permitted", "CAP_SYS_RESOURCE")]
    public void Messages_of_criu_from_real_nodes_are_explained(string words, string cause) =>
        Assert.Contains(cause, RestoreCause.Of("", "RunContainerError", Run(words)).Cause, StringComparison.Ordinal);

    private static FailedCriuRun Run(string error) => CriuExplanation.With(
        new() { Namespace = "default", PodName = "web", ContainerName = "app" },
        System.Text.Encoding.UTF8.GetBytes($"(00.1)      1: Error (criu/x.c:1): {error}\n"));
}
