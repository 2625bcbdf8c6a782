using System.Text;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Core.Tests.Cluster.Transfer;

public sealed class LocalArchiveNameTests
{
    [Theory]
    [InlineData("checkpoint-web_shop-app-2026-11-23T06:45:23Z.tar", "checkpoint-web_shop-app-2026-11-23T06-45-23Z.tar")]
    [InlineData("checkpoint-web_shop-app-2026-11-23T06:45:23+01:00.tar", "checkpoint-web_shop-app-2026-11-23T06-45-23+01-00.tar")]
    [InlineData("a\\b|c?.tar", "a-b-c-.tar")]
    [InlineData("con.tar", "_con.tar")]
    [InlineData("LPT1", "_LPT1")]
    [InlineData("x.tar. ", "x.tar")]
    [InlineData("...", "checkpoint.tar")]
    public void File_names_are_legal_on_every_system(string nodeName, string name) => Assert.Equal(name, LocalArchiveName.From(nodeName));

    [Fact]
    public void Long_names_are_shortened_and_stay_different()
    {
        var one = LocalArchiveName.From(new string('a', 249) + "1.tar");
        var two = LocalArchiveName.From(new string('a', 249) + "2.tar");
        Assert.NotEqual(one, two);
        Assert.All(new[] { one, two }, name => Assert.True(name.Length <= 230 && name.EndsWith(".tar", StringComparison.Ordinal), name));
        Assert.True(Encoding.UTF8.GetByteCount(LocalArchiveName.From(new string('ä', 126) + ".tar")) <= 230);
    }
}
