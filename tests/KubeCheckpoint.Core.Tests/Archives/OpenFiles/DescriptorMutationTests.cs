using System.Diagnostics;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Mounts;
using KubeCheckpoint.Archives.OpenFiles;
using KubeCheckpoint.Archives.Sockets;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.OpenFiles;

/// <summary>
/// Damaged variants of the images that files, sockets and mounts are read from: each gives a result, or an error with member and offset, in
/// bounded time.
/// </summary>
public sealed class DescriptorMutationTests : IDisposable
{
    private static readonly TimeSpan PerCase = TimeSpan.FromSeconds(20);

    private static readonly string[] Images =
    [
        "files.img", "fdinfo-2.img", "fdinfo-4.img", "mountpoints-13.img", "pstree.img", "ids-1.img", "core-9.img", "remap-fpath.img", "memfd.img",
        "filelocks.img", "sk-queues.img", "pipes-data.img", "fifo-data.img",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Bytes_flipped_and_replaced()
    {
        var whole = File.ReadAllBytes(Fixture.PathOf("zoo-crio.tar"));
        var path = _folder.Write("damaged.tar", whole);
        using var file = ArchiveFile.Open(path);
        var members = file.ReadIndex(CancellationToken.None).Where(member => Images.Contains(Path.GetFileName(member.Name))).ToList();
        Assert.Equal(Images.Length, members.Count);
        var random = new Random(3);
        var (answers, failures) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var member = members[random.Next(members.Count)];
            var damaged = whole.AsSpan((int)member.DataOffset, (int)member.Size).ToArray();
            for (var edits = random.Next(1, 4); edits > 0; edits--)
                damaged[random.Next(damaged.Length)] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)0xff;
            Patch(path, member.DataOffset, damaged);
            if (Survives(path))
                answers++;
            else
                failures++;
            Patch(path, member.DataOffset, whole.AsSpan((int)member.DataOffset, (int)member.Size));
        }
        Assert.True(answers > 0 && failures > 0, $"{answers} answers, {failures} failures");
    }

    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("KUBECHECKPOINT_MUTATIONS"), out var rounds) ? rounds : 1500;

    private static bool Survives(string path)
    {
        var watch = Stopwatch.StartNew();
        var answered = Answers(() => OpenFileReader.Read(path, (_, _) => true, CancellationToken.None))
            & Answers(() => SocketReader.Read(path, (_, _) => true, CancellationToken.None))
            & Answers(() => MountReader.Read(path, CancellationToken.None));
        Assert.True(watch.Elapsed < PerCase, $"took {watch.Elapsed}");
        return answered;
    }

    private static bool Answers(Func<IEnumerable<object>> read)
    {
        try
        {
            return read().All(found => found.ToString() is not null);
        }
        catch (KubeCheckpointException failure)
        {
            Assert.Contains("checkpoint/", failure.Message, StringComparison.Ordinal);
            return false;
        }
    }

    private static void Patch(string path, long offset, ReadOnlySpan<byte> bytes)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        stream.Seek(offset, SeekOrigin.Begin);
        stream.Write(bytes);
    }
}
