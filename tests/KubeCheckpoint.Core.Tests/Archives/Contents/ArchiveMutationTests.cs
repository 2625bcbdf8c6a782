using System.Diagnostics;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Contents;

/// <summary>Damaged variants of real archives: each is read or fails with an error of the module, in bounded time.</summary>
public sealed class ArchiveMutationTests
{
    private static readonly TimeSpan PerCase = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("crio-multi-a.tar")]
    [InlineData("podman-counter-none.tar")]
    public void Cut_at_every_block(string name)
    {
        var whole = File.ReadAllBytes(Fixture.PathOf(name));
        var contentEnd = whole.AsSpan().LastIndexOfAnyExcept((byte)0);
        for (var length = 0; length < whole.Length; length += 512)
        {
            var read = Survives(whole[..length]);
            // Two zero blocks end a tar; only what follows them may be missing.
            Assert.False(read && length < contentEnd + 512, $"{name} cut to {length} was taken for whole");
        }
    }

    [Theory]
    [InlineData("containerd-multi-a.tar", 3000)]
    [InlineData("crio-counter.tar", 3000)]
    [InlineData("podman-counter-gzip.tar.gz", 1500)]
    [InlineData("podman-counter-zstd.tar.zst", 1500)]
    public void Bytes_flipped(string name, int count)
    {
        var whole = File.ReadAllBytes(Fixture.PathOf(name));
        var random = new Random(name.Length);
        for (var round = 0; round < count; round++)
        {
            var damaged = (byte[])whole.Clone();
            for (var flips = random.Next(1, 4); flips > 0; flips--)
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            Survives(damaged);
        }
    }

    [Theory]
    [InlineData("crio-counter.tar")]
    [InlineData("containerd-counter.tar")]
    public void Header_fields_edited_and_signed_anew(string name)
    {
        var whole = File.ReadAllBytes(Fixture.PathOf(name));
        using var file = ArchiveFile.Open(Fixture.PathOf(name));
        var headers = file.ReadIndex(CancellationToken.None).Select(member => (int)member.HeaderOffset).ToList();
        var random = new Random(7);
        for (var round = 0; round < 3000; round++)
        {
            var damaged = (byte[])whole.Clone();
            var header = damaged.AsSpan(headers[random.Next(headers.Count)], 512);
            var field = random.Next(4) switch { 0 => header[..100], 1 => header.Slice(124, 12), 2 => header.Slice(156, 1), _ => header.Slice(257, 255) };
            if (random.Next(2) == 0)
                random.NextBytes(field);
            else
                field[random.Next(field.Length)] = "\0 07/.xgLKS\u0080"u8[random.Next(12)];
            TarBuilder.Sign(header);
            Survives(damaged);
        }
    }

    private static bool Survives(byte[] bytes)
    {
        var watch = Stopwatch.StartNew();
        try
        {
            HostileArchiveTests.Read(bytes);
            return true;
        }
        catch (KubeCheckpointException failure)
        {
            Assert.NotEmpty(failure.RecommendedAction);
            return false;
        }
        finally
        {
            Assert.True(watch.Elapsed < PerCase, $"took {watch.Elapsed}");
        }
    }
}
