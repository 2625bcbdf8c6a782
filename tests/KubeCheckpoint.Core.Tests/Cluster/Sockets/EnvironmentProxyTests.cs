using KubeCheckpoint.Cluster.Sockets;

namespace KubeCheckpoint.Core.Tests.Cluster.Sockets;

public sealed class EnvironmentProxyTests
{
    private static readonly Uri Server = new("https://api.example:6443");

    [Theory]
    [InlineData("HTTPS_PROXY=http://p:3128", "http://p:3128")]
    [InlineData("https_proxy=http://p:3128", "http://p:3128")]
    [InlineData("HTTPS_PROXY=http://upper:1;https_proxy=http://lower:1", "http://upper:1")]
    [InlineData("HTTPS_PROXY=;https_proxy=http://lower:1", "http://lower:1")]
    [InlineData("HTTPS_PROXY=p:3128", "http://p:3128")]
    [InlineData("HTTPS_PROXY=socks5://p", "socks5://p:1080")]
    [InlineData("HTTPS_PROXY=https://p", "https://p")]
    [InlineData("HTTP_PROXY=http://p:3128", null)]
    [InlineData("ALL_PROXY=http://p:3128", null)]
    [InlineData("", null)]
    [InlineData("HTTPS_PROXY=http://p:3128;NO_PROXY=example", null)]
    [InlineData("HTTPS_PROXY=http://p:3128;no_proxy=.example:6443", null)]
    [InlineData("HTTPS_PROXY=http://p:3128;NO_PROXY=other", "http://p:3128")]
    public void Chooses_the_proxy_that_kubectl_chooses(string variables, string? proxy) =>
        Assert.Equal(proxy, EnvironmentProxy.For(Server, Read(variables))?.ToString());

    [Fact]
    public void A_server_without_tls_has_another_variable() =>
        Assert.Equal("http://p:3128", EnvironmentProxy.For(new("http://api.example"), Read("HTTP_PROXY=http://p:3128;HTTPS_PROXY=http://q:1"))?.ToString());

    [Fact]
    public void What_is_no_proxy_is_named_without_its_password()
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => EnvironmentProxy.For(Server, Read("HTTPS_PROXY=ftp://user:secret@p")));
        Assert.Equal("ProxyInvalid", failure.ErrorId);
        Assert.Contains("HTTPS_PROXY", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://p", "http://p", null)]
    [InlineData("HTTP://P:3128/", "http://p:3128", null)]
    [InlineData("http://u:s%40t@p:1", "http://p:1", "u:s@t")]
    [InlineData("socks5h://u@p", "socks5h://p:1080", "u:")]
    [InlineData("socks5://[::1]:9", "socks5://[::1]:9", null)]
    public void Reads_an_address(string text, string address, string? credential)
    {
        var proxy = ProxyAddress.TryParse(text)!;
        Assert.Equal(address, proxy.ToString());
        Assert.Equal(credential, proxy.Credential is { } login ? $"{login.UserName}:{login.Password}" : null);
    }

    [Theory]
    [InlineData("p:3128")]
    [InlineData("http://")]
    [InlineData("socks4://p")]
    [InlineData("/p")]
    [InlineData("")]
    public void Refuses_what_is_no_address(string text) => Assert.Null(ProxyAddress.TryParse(text));

    private static Func<string, string?> Read(string variables)
    {
        var values = variables.Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        return values.GetValueOrDefault;
    }
}
