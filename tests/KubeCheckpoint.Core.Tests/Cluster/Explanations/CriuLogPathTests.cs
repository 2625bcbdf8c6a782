using KubeCheckpoint.Cluster.Explanations;

namespace KubeCheckpoint.Core.Tests.Cluster.Explanations;

public sealed class CriuLogPathTests
{
    private const string Id = "c81567669ad17c3d235a7da5548c639098350a3314ed668794bb1879a5148181";

    [Theory]
    [InlineData(
        $"criu failed: type DUMP errno 0 path= /run/containerd/io.containerd.runtime.v2.task/k8s.io/{Id}/criu-dump.log)",
        $"/run/containerd/io.containerd.runtime.v2.task/k8s.io/{Id}/criu-dump.log")]
    [InlineData(
        $"running \"/usr/bin/crun\" [\"checkpoint\" \"--work-path\" \"/var/lib/containers/storage/overlay-containers/{Id}/userdata\" \"{Id}\"] failed",
        $"/var/lib/containers/storage/overlay-containers/{Id}/userdata/dump.log")]
    [InlineData(
        $"msg=\"--- Quoting \\\"/var/lib/crio-storage/overlay-containers/{Id}/userdata/dump.log\\\"\"",
        $"/var/lib/crio-storage/overlay-containers/{Id}/userdata/dump.log")]
    [InlineData($"path= /run/containerd/{Id}/../../etc/shadow", null)]
    [InlineData($"path= /run/containerd/{Id}/status", null)]
    [InlineData("path= /var/log/dump.log", null)]
    [InlineData("criu failed: type DUMP errno 0", null)]
    public void The_runtimes_name_the_log_and_nothing_but_a_log_is_accepted(string message, string? path) =>
        Assert.Equal(path, CriuLogPath.Find(message)?.ToString());
}
