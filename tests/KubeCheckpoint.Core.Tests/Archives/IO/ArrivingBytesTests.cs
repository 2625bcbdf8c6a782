using System.Security.Cryptography;
using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Core.Tests.Archives.IO;

public sealed class ArrivingBytesTests
{
    private static readonly byte[] Content = RandomNumberGenerator.GetBytes(10_000);

    [Fact]
    public async Task No_more_bytes_arrive_than_fit_until_some_are_released()
    {
        var bytes = new ArrivingBytes("a", Content.Length, 4_000);
        Assert.False(await AppendAsync(bytes, 0, 5_000));
        Assert.Equal((4_000, 4_000), (bytes.Capacity, bytes.Position));

        bytes.Release(1_500);

        Assert.True(await AppendAsync(bytes, 4_000, 1_500));
        Assert.Equal(Content[1_500..5_500], Read(bytes, 1_500, 9_999));
        Assert.False(await AppendAsync(bytes, 5_500, 1));
    }

    [Fact]
    public async Task A_reader_waits_for_what_it_wants()
    {
        var bytes = new ArrivingBytes("a", Content.Length, 4_000);
        var arriving = bytes.ArriveAsync(0, 3_000, default);
        Assert.True(await AppendAsync(bytes, 0, 2_999));
        Assert.False(arriving.IsCompleted);

        Assert.True(await AppendAsync(bytes, 2_999, 1));

        await arriving;
        Assert.Equal(Content[..3_000], Read(bytes, 0, 3_000));
    }

    [Fact]
    public async Task What_is_read_again_arrives_again()
    {
        var bytes = new ArrivingBytes("a", Content.Length, 4_000);
        Assert.True(await AppendAsync(bytes, 0, 4_000));
        bytes.Release(4_000);

        var arriving = bytes.ArriveAsync(1_000, 500, default);

        Assert.Equal(1_000, bytes.Position);
        Assert.False(await AppendAsync(bytes, 4_000, 100));
        Assert.True(await AppendAsync(bytes, 1_000, 600));
        await arriving;
        Assert.Equal(Content[1_000..1_500], Read(bytes, 1_000, 500));
    }

    [Fact]
    public async Task A_reader_of_more_than_fits_gets_it_in_parts()
    {
        var bytes = new ArrivingBytes("a", Content.Length, 4_000);
        var receiving = Task.Run(async () => await bytes.AppendAsync(0, Content, TimeSpan.FromMinutes(1), default));
        var read = new List<byte>();

        while (read.Count < Content.Length)
        {
            await bytes.ArriveAsync(read.Count, 1, default);
            read.AddRange(Read(bytes, read.Count, 1_000));
        }

        Assert.True(await receiving);
        Assert.Equal(Content, read);
    }

    [Fact]
    public async Task Bytes_that_only_pass_leave_the_last_ones()
    {
        var bytes = new ArrivingBytes("a", Content.Length, 4_000);
        var passing = bytes.PassAsync(default);

        Assert.True(await AppendAsync(bytes, 0, Content.Length));

        await passing;
        Assert.Equal(Content[6_000..], Read(bytes, 6_000, 4_000));
        Assert.Equal(0, bytes.Read(new byte[1], 5_999));
    }

    [Fact]
    public async Task Without_a_reader_no_bytes_arrive()
    {
        var bytes = new ArrivingBytes("a", Content.Length, 4_000);
        bytes.Close();

        Assert.False(await AppendAsync(bytes, 0, 1));
    }

    private static ValueTask<bool> AppendAsync(ArrivingBytes bytes, int offset, int count) =>
        bytes.AppendAsync(offset, Content.AsMemory(offset, count), TimeSpan.Zero, default);

    private static byte[] Read(ArrivingBytes bytes, long offset, int count)
    {
        var buffer = new byte[count];
        return buffer[..bytes.Read(buffer, offset)];
    }
}
