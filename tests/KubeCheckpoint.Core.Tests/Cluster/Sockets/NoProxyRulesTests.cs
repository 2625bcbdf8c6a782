using KubeCheckpoint.Cluster.Sockets;

namespace KubeCheckpoint.Core.Tests.Cluster.Sockets;

/// <summary>The table follows the documentation and the tests of Go's golang.org/x/net/http/httpproxy.</summary>
public sealed class NoProxyRulesTests
{
    [Theory]
    [InlineData("*", "https://api.example:6443", true)]
    [InlineData("", "https://api.example:6443", false)]
    [InlineData("", "https://localhost:6443", true)]
    [InlineData("", "https://127.9.9.9:6443", true)]
    [InlineData("", "https://[::1]:6443", true)]
    [InlineData("", "https://[::ffff:127.0.0.1]:6443", true)]
    [InlineData("example.com", "https://example.com", true)]
    [InlineData("example.com", "https://api.example.com", true)]
    [InlineData("example.com", "https://notexample.com", false)]
    [InlineData(".example.com", "https://example.com", false)]
    [InlineData(".example.com", "https://api.example.com", true)]
    [InlineData("*.example.com", "https://api.example.com", true)]
    [InlineData("*.example.com", "https://example.com", false)]
    [InlineData("EXAMPLE.com", "https://api.Example.COM", true)]
    [InlineData(" a.test , b.test ", "https://b.test", true)]
    [InlineData("example.com:6443", "https://example.com:6443", true)]
    [InlineData("example.com:6443", "https://example.com:443", false)]
    [InlineData("example.com:443", "https://example.com", true)]
    [InlineData("example.com:80", "http://api.example.com", true)]
    [InlineData(":6443", "https://example.com:6443", false)]
    [InlineData("10.0.0.0/8", "https://10.1.2.3:6443", true)]
    [InlineData("10.0.0.0/8", "https://11.1.2.3:6443", false)]
    [InlineData("10.1.2.3/8", "https://10.9.9.9:6443", true)]
    [InlineData("10.0.0.0/8", "https://10.example", false)]
    [InlineData("10.1.2.3", "https://10.1.2.3", true)]
    [InlineData("10.1.2.3", "https://10.1.2.30", false)]
    [InlineData("10.1.2.3:6443", "https://10.1.2.3:6443", true)]
    [InlineData("10.1.2.3:6443", "https://10.1.2.3:443", false)]
    [InlineData("fd00::/8", "https://[fd00::1]:6443", true)]
    [InlineData("fd00::1", "https://[fd00::1]:6443", true)]
    [InlineData("[fd00::1]:6443", "https://[fd00::1]:6443", true)]
    [InlineData("[fd00::1]:6443", "https://[fd00::1]:443", false)]
    public void Follows_the_documented_rules(string rules, string server, bool isDirect) =>
        Assert.Equal(isDirect, new NoProxyRules(rules).IsDirect(new(server)));

    [Fact]
    public void Any_text_is_a_list_of_rules()
    {
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var rules = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => ".:[]*/,a1 "[random.Next(10)]));
            _ = new NoProxyRules(rules).IsDirect(new("https://10.1.2.3:6443"));
            _ = new NoProxyRules(rules).IsDirect(new("https://api.example:6443"));
        }
    }
}
