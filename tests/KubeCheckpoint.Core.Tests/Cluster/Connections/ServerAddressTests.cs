using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.KubeConfigs;

namespace KubeCheckpoint.Core.Tests.Cluster.Connections;

public sealed class ServerAddressTests
{
    [Theory]
    [InlineData("https://10.0.0.1:6443", "https://10.0.0.1:6443/")]
    [InlineData("https://api.example", "https://api.example/")]
    [InlineData("https://[fd00::1]:6443", "https://[fd00::1]:6443/")]
    [InlineData("https://rancher.example/k8s/clusters/c-1", "https://rancher.example/k8s/clusters/c-1/")]
    [InlineData("https://rancher.example/k8s/clusters/c-1/", "https://rancher.example/k8s/clusters/c-1/")]
    [InlineData("http://127.0.0.1:8001", "http://127.0.0.1:8001/")]
    [InlineData("localhost:8080", "http://localhost:8080/")]
    [InlineData("10.0.0.1", "http://10.0.0.1/")]
    public void Reads_an_address(string text, string uri) => Assert.Equal(uri, ServerAddress.Read(Cluster(text)).ToString());

    [Fact]
    public void An_address_without_a_scheme_is_https_where_the_kubeconfig_says_how_to_check_it() =>
        Assert.Equal("https://api.example:6443/", ServerAddress.Read(Cluster("api.example:6443") with { SkipTlsVerify = true }).ToString());

    [Theory]
    [InlineData("ftp://api.example")]
    [InlineData("https://")]
    [InlineData("::: no address")]
    [InlineData("unix:///var/run/api.sock")]
    public void What_is_no_address_is_reported_with_its_line(string text)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => ServerAddress.Read(Cluster(text)));
        Assert.Equal("KubeConfigInvalid", failure.ErrorId);
        Assert.Contains("line 7: the 'server' of the cluster 'c'", failure.Message, StringComparison.Ordinal);
    }

    private static KubeConfigCluster Cluster(string server) => new("c", new("/config", 7)) { Server = server };
}
