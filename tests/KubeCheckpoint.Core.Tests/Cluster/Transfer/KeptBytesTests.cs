using System.Text;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Core.Tests.Cluster.Transfer;

public sealed class KeptBytesTests
{
    [Fact]
    public void A_character_that_arrives_in_pieces_is_whole()
    {
        var kept = new KeptBytes(100);
        foreach (var octet in Encoding.UTF8.GetBytes("Größe €"))
            kept.Append([octet]);
        Assert.Equal("Größe €", kept.ToString());
    }

    [Fact]
    public void No_more_than_the_limit_is_kept()
    {
        var kept = new KeptBytes(3);
        kept.Append("ab"u8);
        kept.Append("cd"u8);
        kept.Append("ef"u8);
        Assert.Equal("abc", kept.ToString());
    }
}
