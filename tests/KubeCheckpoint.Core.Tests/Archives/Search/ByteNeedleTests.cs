using KubeCheckpoint.Archives.Search;

namespace KubeCheckpoint.Core.Tests.Archives.Search;

/// <summary>Compares the search for bytes with a naive one.</summary>
public sealed class ByteNeedleTests
{
    [Fact]
    public void Finds_the_first_match_whatever_is_before_and_after_it()
    {
        var random = new Random(3);
        var found = 0;
        for (var i = 0; i < 50_000; i++)
        {
            var bytes = Make(random, random.Next(0, 400));
            var needle = Make(random, random.Next(1, 6));
            var letters = random.Next(2) == 0 ? null : Array.ConvertAll(needle, octet => char.IsAsciiLetter((char)octet));
            var expected = Enumerable.Range(0, Math.Max(0, bytes.Length - needle.Length + 1)).FirstOrDefault(place => IsAt(bytes, needle, letters, place), -1);

            Assert.Equal(expected, new ByteNeedle(needle, letters).IndexOf(bytes));
            Assert.Equal(expected, new NeedleSet([new ByteNeedle(needle, letters)]).IndexOf(bytes));
            found += expected >= 0 ? 1 : 0;
        }
        Assert.InRange(found, 5_000, 45_000);
    }

    [Fact]
    public void Finds_the_first_of_several()
    {
        var random = new Random(4);
        for (var i = 0; i < 200; i++)
        {
            var bytes = new byte[random.Next(20_000, 60_000)];
            byte[][] needles = [[1, 2, 3], [3, 2], [9]];
            for (var j = random.Next(4); j > 0; j--)
            {
                var needle = needles[random.Next(3)];
                needle.CopyTo(bytes, random.Next(bytes.Length - 3));
            }
            var expected = Enumerable.Range(0, bytes.Length).FirstOrDefault(place => needles.Any(needle => bytes.AsSpan(place).StartsWith(needle)), -1);

            Assert.Equal(expected, new NeedleSet([.. needles.Select(needle => new ByteNeedle(needle, null))]).IndexOf(bytes));
        }
    }

    private static byte[] Make(Random random, int length) => [.. Enumerable.Range(0, length).Select(_ => "\0aAbB@`{\x00ff"u8[random.Next(8)])];

    private static bool IsAt(byte[] bytes, byte[] needle, bool[]? letters, int place) =>
        needle.Index().All(octet => letters?[octet.Index] == true ? (bytes[place + octet.Index] | 0x20) == (octet.Item | 0x20) : bytes[place + octet.Index] == octet.Item);
}
