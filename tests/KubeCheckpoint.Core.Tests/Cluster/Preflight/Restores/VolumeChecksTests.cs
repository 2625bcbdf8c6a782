using KubeCheckpoint.Archives.Requirements;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Preflight.Restores;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.Preflight.Restores;

public sealed class VolumeChecksTests
{
    [Theory]
    [InlineData("""{"name":"data","emptyDir":{}}""", SupportOutcome.Failed)]
    [InlineData("""{"name":"data","configMap":{"name":"c"}}""", SupportOutcome.Warning)]
    [InlineData("""{"name":"other","emptyDir":{}}""", SupportOutcome.Warning)]
    public async Task A_file_in_a_sub_path_is_lost_if_the_volume_starts_empty(string volume, SupportOutcome expected)
    {
        var archive = await RestoreRequirementsReader.ReadAsync(Fixture.PathOf("crio-counter.tar"), default);
        var mount = new NeededMount("/data", MountOrigin.SubPath, "data");
        var checks = new CheckList("node", "a.tar");

        VolumeChecks.Add(checks, archive with { Mounts = [mount], FilesInVolumes = [new("/data/file", mount)] }, PodDocument.Parse(new("""{"metadata":{"name":"web"},"spec":{"containers":[{"name":"a"}],"volumes":[""" + volume + "]}}")), default);

        Assert.Equal(expected, checks.Checks.Single(check => check.Name == "FilesInVolumes").Outcome);
    }
}
