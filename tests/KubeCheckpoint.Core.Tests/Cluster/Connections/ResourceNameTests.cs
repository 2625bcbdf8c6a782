using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Core.Tests.Cluster.Connections;

public sealed class ResourceNameTests
{
    [Theory]
    [InlineData("web-1", true)]
    [InlineData("../../secrets", false)]
    [InlineData("web?x=1", false)]
    [InlineData("Web", false)]
    [InlineData("-web", false)]
    [InlineData("", false)]
    [InlineData("web\n", false)]
    public void Names_that_could_change_the_path_are_refused(string name, bool valid)
    {
        Assert.Equal(valid, ResourceName.IsLabel(name));
        if (!valid)
            Assert.Equal("InvalidName", Assert.Throws<KubeCheckpointException>(() => ResourceName.Pod(name)).ErrorId);
    }
}
