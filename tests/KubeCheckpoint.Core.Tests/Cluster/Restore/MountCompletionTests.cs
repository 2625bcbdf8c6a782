using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Restore;

namespace KubeCheckpoint.Core.Tests.Cluster.Restore;

public sealed class MountCompletionTests
{
    private const string TokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";

    [Fact]
    public void A_shared_folder_is_shared_again()
    {
        var needs = Needs(new NeededMount("/scratch", MountOrigin.EmptyDir, "scratch"));
        var spec = Complete("""{"containers":[{"name":"a"},{"name":"b"}]}""", CheckpointEngine.CriO, ("a", needs), ("b", needs));

        Assert.Equal("""[{"name":"scratch","emptyDir":{}}]""", spec["volumes"]!.ToJsonString());
        Assert.All(spec["containers"]!.AsArray(), container => Assert.Equal("""[{"name":"scratch","mountPath":"/scratch"}]""", container!["volumeMounts"]!.ToJsonString()));
    }

    [Fact]
    public void A_volume_that_the_pod_has_is_mounted()
    {
        var spec = Complete(
            """{"volumes":[{"name":"cfg","configMap":{"name":"c"}}],"containers":[{"name":"a"}]}""",
            CheckpointEngine.CriO, ("a", Needs(new NeededMount("/etc/app", MountOrigin.ConfigMap, "cfg"))));

        Assert.Equal("""[{"name":"cfg","mountPath":"/etc/app"}]""", spec["containers"]![0]!["volumeMounts"]!.ToJsonString());
    }

    [Fact]
    public void The_token_and_the_termination_message_are_requested_again()
    {
        var needs = Needs(new(TokenPath, MountOrigin.Projected, "kube-api-access-x"), new("/dev/last-words", MountOrigin.TerminationMessage));
        var spec = Complete("""{"automountServiceAccountToken":false,"containers":[{"name":"a"}]}""", CheckpointEngine.CriO, ("a", needs));

        Assert.True((bool)spec["automountServiceAccountToken"]!);
        Assert.Equal("/dev/last-words", (string?)spec["containers"]![0]!["terminationMessagePath"]);
        Assert.Null(spec["containers"]![0]!["volumeMounts"]);
    }

    [Theory]
    [InlineData(MountOrigin.ConfigMap, CheckpointEngine.CriO, true)]
    [InlineData(MountOrigin.SubPath, CheckpointEngine.Containerd, true)]
    [InlineData(MountOrigin.Storage, CheckpointEngine.CriO, true)]
    [InlineData(MountOrigin.Node, CheckpointEngine.CriO, true)]
    [InlineData(MountOrigin.Node, CheckpointEngine.Containerd, false)]
    [InlineData(MountOrigin.EmptyDir, CheckpointEngine.Containerd, false)]
    public void Missing_mounts_that_cannot_be_added_are_named(MountOrigin origin, CheckpointEngine runtime, bool isMissing)
    {
        var needs = Needs(new NeededMount("/x", origin, "v"));
        var mounts = new MountCompletion(Pod("""{"volumes":[{"name":"v2","emptyDir":{}}],"containers":[{"name":"a"}]}"""), runtime);
        mounts.Complete("a", needs);

        Assert.Equal(isMissing ? ["/x"] : [], mounts.Missing("a", needs).Select(mount => mount.MountPath));
    }

    [Fact]
    public void More_mounts_than_a_pod_can_have_are_refused()
    {
        var needs = Needs([.. Enumerable.Range(0, 1_000_000).Select(number => new NeededMount($"/{number}", MountOrigin.EmptyDir))]);

        var failure = Assert.Throws<KubeCheckpointException>(() => Complete("""{"containers":[{"name":"a"}]}""", CheckpointEngine.CriO, ("a", needs)));

        Assert.Equal("RestoreMountsTooMany", failure.ErrorId);
    }

    [Fact]
    public void New_volumes_get_unused_names()
    {
        var needs = Needs([.. Enumerable.Range(0, 1000).Select(number => new NeededMount($"/{number}", MountOrigin.EmptyDir))]);
        var spec = Complete("""{"volumes":[{"name":"kubecheckpoint-mount-2","emptyDir":{}}],"containers":[{"name":"a"}]}""", CheckpointEngine.CriO, ("a", needs));

        Assert.Equal(1001, spec["volumes"]!.AsArray().Select(volume => (string?)volume!["name"]).Distinct().Count());
        Assert.Equal("kubecheckpoint-mount-3", (string?)spec["containers"]![0]!["volumeMounts"]![1]!["name"]);
    }

    [Fact]
    public void Existing_mounts_are_not_changed()
    {
        const string Text = """{"containers":[{"name":"a","terminationMessagePath":"/t","volumeMounts":[{"name":"v","mountPath":"/scratch/"}]}]}""";
        var needs = Needs(new("/scratch", MountOrigin.EmptyDir, "scratch"), new("/t", MountOrigin.TerminationMessage));

        Assert.Equal(Text, Complete(Text, CheckpointEngine.CriO, ("a", needs), ("nosuch", needs)).ToJsonString());
    }

    private static RestoreNeeds Needs(params NeededMount[] mounts) => new() { Mounts = mounts };

    private static JsonObject Complete(string text, CheckpointEngine runtime, params (string Container, RestoreNeeds Needs)[] containers)
    {
        var pod = Pod(text);
        var mounts = new MountCompletion(pod, runtime);
        foreach (var (container, needs) in containers)
            mounts.Complete(container, needs);
        return pod.Spec;
    }

    private static PodDocument Pod(string spec) => PodDocument.Parse(new($$"""{"metadata":{"name":"web"},"spec":{{spec}} }"""));
}
