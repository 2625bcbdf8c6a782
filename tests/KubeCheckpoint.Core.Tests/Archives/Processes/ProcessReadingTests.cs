using System.IO.Compression;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Processes;

/// <summary>Tests how much of an archive is read for its processes.</summary>
public sealed class ProcessReadingTests
{
    private const int ArgumentCountSize = 4;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Only_arguments_and_environment_are_read_of_memory(bool includeEnvironment)
    {
        var source = new MemorySource(File.ReadAllBytes(Fixture.PathOf("zoo-crio.tar")));
        using var content = CheckpointContent.Open(new ArchiveFile(source), CancellationToken.None);
        var pages = content.Members.Where(member => member.Name.Contains("/pages-", StringComparison.Ordinal)).ToList();

        var processes = CheckpointProcessReader.Read(content, new ProcessQuery { IncludeEnvironment = includeEnvironment }, CancellationToken.None).ToList();

        var read = source.Reads.Where(read => pages.Exists(member => read.Offset >= member.DataOffset && read.Offset < member.DataOffset + member.Size)).Sum(read => read.Count);
        var images = new CheckpointImages(content);
        var expected = processes.Where(process => process.Path is not null).Select(process => images.Mm((uint)process.Id)!)
            .Sum(mm => (long)(mm.MmArgEnd - mm.MmArgStart + (includeEnvironment ? mm.MmEnvEnd - mm.MmEnvStart : 0)) + ArgumentCountSize);
        Assert.Equal(expected, read);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_compressed_archive_is_read_twice_and_not_spilled(bool asTree)
    {
        var plain = File.ReadAllBytes(Fixture.PathOf("zoo-crio.tar"));
        var source = new MemorySource(Compress(plain));
        using var content = CheckpointContent.Open(new ArchiveFile(source), CancellationToken.None);

        var processes = CheckpointProcessReader.Read(content, new ProcessQuery { IncludeEnvironment = true, AsTree = asTree }, CancellationToken.None).ToList();

        Assert.Equal("parent-secret-1", processes[0].Environment!["ZOO_SECRET"]);
        // The archive twice, and its first bytes to detect the compression.
        Assert.InRange(source.Reads.Sum(read => read.Count), source.Length, 2 * source.Length + 16);
    }

    [Fact]
    public void A_process_is_returned_before_the_next_one_is_read()
    {
        var source = new MemorySource(File.ReadAllBytes(Fixture.PathOf("zoo-crio.tar")));
        using var content = CheckpointContent.Open(new ArchiveFile(source), CancellationToken.None);
        var last = content.FindImage("core-10.img")!;

        Assert.Equal("zoo-main", CheckpointProcessReader.Read(content, new ProcessQuery(), CancellationToken.None).First().Name);

        Assert.DoesNotContain(source.Reads, read => read.Offset >= last.DataOffset && read.Offset < last.DataOffset + last.Size);
    }

    [Fact]
    public void Ends_when_it_is_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var processes = CheckpointProcessReader.Read(Fixture.PathOf("zoo-crio.tar"), new ProcessQuery(), cancellation.Token).GetEnumerator();
        Assert.True(processes.MoveNext());

        cancellation.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => processes.MoveNext());
    }

    private static byte[] Compress(byte[] bytes)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return compressed.ToArray();
    }
}
