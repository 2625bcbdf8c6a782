using KubeCheckpoint.Cluster.Drills;
using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Core.Tests.Cluster.Drills;

public sealed class DrillManifestTests
{
    [Fact]
    public void A_drill_does_not_touch_block_devices()
    {
        const string Manifest = """
            {"metadata":{"name":"db"},"spec":{"volumes":[{"name":"disk","persistentVolumeClaim":{"claimName":"c"}}],
             "containers":[{"name":"a","volumeDevices":[{"name":"disk","devicePath":"/dev/xvda"}]}]}}
            """;
        Assert.Equal("DrillVolumeUnsupported", Assert.Throws<KubeCheckpointException>(() => DrillManifest.MakeHarmless(PodDocument.Parse(new(Manifest)))).ErrorId);
    }
}
