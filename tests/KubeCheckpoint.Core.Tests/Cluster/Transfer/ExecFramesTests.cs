using System.Text;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Core.Tests.Cluster.Transfer;

public sealed class ExecFramesTests
{
    [Fact]
    public void The_channel_is_the_first_byte_of_a_message()
    {
        var frames = new ExecFrames();
        Assert.Equal((ExecChannel.Output, "ab"), Next(frames, "\u0001ab", end: false));
        Assert.Equal((ExecChannel.Output, "\u0002c"), Next(frames, "\u0002c", end: true));
        Assert.Equal((ExecChannel.ErrorOutput, "d"), Next(frames, "\u0002d", end: true));
        Assert.Equal((null, ""), Next(frames, "", end: true));
        Assert.Equal((ExecChannel.Output, ""), Next(frames, "\u0001", end: false));
        Assert.Equal((ExecChannel.Output, "e"), Next(frames, "e", end: true));
        Assert.Equal((ExecChannel.Status, "{}"), Next(frames, "\u0003{}", end: true));

        static (ExecChannel?, string) Next(ExecFrames frames, string piece, bool end)
        {
            var (channel, payload) = frames.Next(Encoding.Latin1.GetBytes(piece), end);
            return (channel, Encoding.Latin1.GetString(payload.Span));
        }
    }
}
