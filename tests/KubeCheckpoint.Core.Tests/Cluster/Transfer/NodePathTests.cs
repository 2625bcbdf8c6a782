using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Core.Tests.Cluster.Transfer;

public sealed class NodePathTests
{
    [Theory]
    [InlineData("/var/lib/kubelet/checkpoints/a.tar", true)]
    [InlineData("/var/lib/kubelet/checkpoints/it's.tar", true)]
    [InlineData("relative/a.tar", false)]
    [InlineData("/a.tar", false)]
    [InlineData("/var/../etc/shadow", false)]
    [InlineData("/var//a.tar", false)]
    [InlineData("/var/lib/", false)]
    [InlineData("/var/lib/a\nb.tar", false)]
    [InlineData("", false)]
    public void Only_plain_absolute_paths_are_valid(string path, bool isValid)
    {
        if (isValid)
            Assert.Equal(path, NodePath.Parse(path).ToString());
        else
            Assert.Equal("NodePathInvalid", Assert.Throws<KubeCheckpointException>(() => NodePath.Parse(path)).ErrorId);
    }
}
