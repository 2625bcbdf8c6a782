using System.Management.Automation;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Images for a runtime other than that of the checkpoint, in a sandbox that treats them as the real runtimes do.</summary>
public sealed class TargetRuntimeTests : IDisposable
{
    private readonly ClusterSession _session = new();

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("counter", "default", "CriO", "node2")]
    [InlineData("web-1", "shop", "Containerd", "node3")]
    public void A_container_is_restored_on_a_node_with_another_runtime(string name, string space, string runtime, string node)
    {
        var pod = _session.Run(
            """
            Get-Pod $args[1] -Namespace $args[2] | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp |
                New-RestoreImage -Repository $args[0] -TargetRuntime $args[3] | Restore-Pod -NodeName $args[4]
            """,
            _session.Repository, name, space, runtime, node).Single;

        Assert.Equal(("Running", node), (Text(pod, "Status"), Text(pod, "NodeName")));
        Assert.Equal($"{space}/{name}", _session.Cluster.RestoredContainers.Select(restored => $"{restored.SourceNamespace}/{restored.SourcePodName}").Single());
    }

    [Theory]
    [InlineData("counter", "default", "node2", "CriO")]
    [InlineData("web-1", "shop", "node3", "Containerd")]
    public void Without_conversion_no_pod_is_created_on_a_node_with_the_other_runtime(string name, string space, string node, string runtime)
    {
        var outcome = _session.Run(
            """
            Get-Pod $args[1] -Namespace $args[2] | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp |
                New-RestoreImage -Repository $args[0] | Restore-Pod -NodeName $args[3] -TimeoutSec 30
            """,
            _session.Repository, name, space, node);

        Assert.Equal("RestoreImageOtherRuntime", outcome.ErrorId);
        Assert.Contains($"-TargetRuntime {runtime}", outcome.Error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("podman-counter-zstd.tar.zst", "CriO", "node2")]
    [InlineData("podman-counter-none.tar", "Containerd", "node3")]
    public void A_container_of_podman_is_restored_in_kubernetes(string archive, string runtime, string node)
    {
        var pod = _session.Run(
            """
            $manifest = '{"kind":"Pod","metadata":{"name":"dev","namespace":"default"},"spec":{"containers":[{"name":"counter","image":"x","volumeMounts":[{"name":"d","mountPath":"/data"}]}],"volumes":[{"name":"d","emptyDir":{}}]}}'
            New-RestoreImage $args[1] -Repository $args[0] -TargetRuntime $args[2] -BaseImage 127.0.0.1:5000/counter:1 -Manifest $manifest | Restore-Pod -NodeName $args[3]
            """,
            _session.Repository, Fixture.Archive(archive), runtime, node).Single;

        Assert.Equal("Running", Text(pod, "Status"));
    }

    [Fact]
    public void The_image_records_its_runtime_and_the_mounts_it_needs()
    {
        var image = _session.Run("New-RestoreImage $args[0] -Repository $args[1] -TargetRuntime containerd", Fixture.Archive("crio-redis.tar"), _session.Repository).Single;
        var mounts = _session.Run("$args[0].Needs.Mounts.MountPath", image).Objects;

        Assert.Equal(("CriO", "Containerd"), (Text(image, "Engine"), Text(image, "TargetRuntime")));
        Assert.Equal(["/dev/termination-log", "/var/run/secrets/kubernetes.io/serviceaccount"], mounts.Select(path => path.ToString()).Order(StringComparer.Ordinal));
        var annotations = (IReadOnlyDictionary<string, string>)image.Properties["Annotations"].Value;
        Assert.Equal("CRI-O", annotations["org.criu.checkpoint.engine.name"]);
        Assert.DoesNotContain(annotations.Keys, key => key.StartsWith("io.kubernetes.cri-o", StringComparison.Ordinal));
    }

    [Fact]
    public void Podmans_images_name_the_oci_runtime()
    {
        var image = _session.Run("New-RestoreImage $args[0] -Destination ./image.tar -TargetRuntime Podman -OciRuntime crun", Fixture.Archive("crio-counter.tar")).Single;
        var annotations = (IReadOnlyDictionary<string, string>)image.Properties["Annotations"].Value;

        Assert.Equal(("crun", "counter-counter"), (annotations["io.podman.annotations.checkpoint.runtime.name"], annotations["io.podman.annotations.checkpoint.name"]));
    }

    [Theory]
    [InlineData("podman-counter-none.tar", "-TargetRuntime CriO", "BaseImageUnknown", ErrorCategory.InvalidArgument)]
    [InlineData("podman-counter-none.tar", "-TargetRuntime CriO -BaseImage 'a b'", "ImageNameInvalid", ErrorCategory.InvalidArgument)]
    public void Impossible_conversions_fail_before_anything_is_pushed(string archive, string arguments, string errorId, ErrorCategory category)
    {
        var outcome = _session.Run($"New-RestoreImage $args[0] -Repository $args[1] {arguments}", Fixture.Archive(archive), _session.Repository);

        Assert.Equal((errorId, category), (outcome.ErrorId, outcome.Error.CategoryInfo.Category));
        Assert.NotEmpty(outcome.Error.ErrorDetails.RecommendedAction);
        Assert.DoesNotContain(_session.Cluster.Requests, request => request.Server == SandboxServer.Registry && request.Method == "PUT");
    }

    [Fact]
    public void The_runtimes_are_completed()
    {
        Assert.Equal(["Containerd", "CriO"], _session.Session.Complete("New-RestoreImage a.tar -TargetRuntime C").Order(StringComparer.Ordinal));
        Assert.Equal(["crun", "runc"], _session.Session.Complete("New-RestoreImage a.tar -OciRuntime ").Order(StringComparer.Ordinal));
    }
}
