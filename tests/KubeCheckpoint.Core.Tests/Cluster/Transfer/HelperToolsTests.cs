using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Core.Tests.Cluster.Transfer;

public sealed class HelperToolsTests
{
    [Fact]
    public void Tools_may_be_applets_without_a_link()
    {
        var tools = HelperTools.Parse("dd dd\nwc wc\nsha256sum busybox sha256sum\n");
        Assert.Equal("busybox sha256sum", tools["sha256sum"]);
        Assert.Empty(tools.Missing(forRemoval: false));
        Assert.Equal(["rm"], tools.Missing(forRemoval: true));
        Assert.Equal(["dd (or tail and head)", "wc (or stat)", "sha256sum"], HelperTools.Parse("").Missing(forRemoval: false));
    }
}
