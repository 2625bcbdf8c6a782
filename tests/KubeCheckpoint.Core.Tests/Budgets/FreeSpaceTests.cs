using System.Globalization;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Budgets;

/// <summary>Space is asked for before a file is written, also where its folder does not exist yet.</summary>
public sealed class FreeSpaceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Too_much_is_refused_with_both_numbers()
    {
        var path = Path.Combine(_folder.Path, "not", "yet", "there.img");

        var failure = Assert.Throws<KubeCheckpointException>(() => FreeSpace.Require(path, long.MaxValue));

        Assert.Equal("DestinationDiskFull", failure.ErrorId);
        Assert.Matches($@"^Not enough disk space for '.*there\.img': it takes up to {long.MaxValue.ToString(CultureInfo.InvariantCulture)} bytes, and [0-9]+ are free\. Nothing was written\.$", failure.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void What_fits_is_not() => FreeSpace.Require(Path.Combine(_folder.Path, "x"), 1024 * 1024);

    [Fact]
    public void A_sparse_file_is_written_without_its_zeros()
    {
        var path = Path.Combine(_folder.Path, "sparse");
        var bytes = new byte[3 * 4096 + 100];
        (bytes[4096 + 5], bytes[^1]) = (1, 2);

        using (var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write))
        {
            var file = new SparseFile(handle);
            file.Write(bytes.AsSpan(0, 5000), 0);
            file.Write(bytes.AsSpan(5000), 5000);
            file.Finish(bytes.Length + 10_000);
            Assert.Equal(5000 - 4096 + 100, file.Written);
        }

        Assert.Equal([.. bytes, .. new byte[10_000]], File.ReadAllBytes(path));
    }
}
