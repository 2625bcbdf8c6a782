using KubeCheckpoint.Cluster.Probes;

namespace KubeCheckpoint.Core.Tests.Cluster.Probes;

public sealed class HttpPodProbeTests
{
    [Theory]
    [InlineData("8080")]
    [InlineData("8080/healthz?full=1")]
    [InlineData("https:8443/")]
    public void Http_probes_are_written_short(string target) => Assert.Equal(target, new HttpPodProbe(null!, target).Target);

    [Theory]
    [InlineData("")]
    [InlineData("/healthz")]
    [InlineData("0")]
    [InlineData("65536/x")]
    [InlineData("ftp:21/x")]
    [InlineData("http://web:8080/")]
    [InlineData("8080/a b")]
    [InlineData("8080/x\r\nHost: other")]
    public void What_is_no_http_probe_is_refused(string target) =>
        Assert.Equal("ProbeInvalid", Assert.Throws<KubeCheckpointException>(() => new HttpPodProbe(null!, target)).ErrorId);
}
