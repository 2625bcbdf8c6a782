using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Benchmarks.Measuring;
using KubeCheckpoint.Benchmarks.Synthetic;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Layers;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Benchmarks;

/// <summary>
/// Pushes an image of an archive of 1 GiB to docker-registry on loopback, which flushes it to disk. The baselines are sha256 with a flushed
/// copy of the same bytes, and buildah.
/// </summary>
internal static class ImageBenchmark
{
    private const long MemorySize = 1L << 30;

    // A quarter of the bytes is enough to measure compression.
    private const long CompressedSize = 1L << 28;

    /// <param name="isTuning">True to compare chunk sizes.</param>
    public static void Run(bool isTuning)
    {
        if (!Peer.IsInstalled("docker-registry"))
            return;
        using var folder = new ScratchFolder();
        using var registry = new LocalRegistry(folder.PathOf("registry"));
        var path = folder.Write("archive.tar", new SyntheticArchiveOptions { MemorySize = MemorySize });
        var archive = CheckpointArchiveReader.ReadAsync(path, CancellationToken.None).GetAwaiter().GetResult();
        if (isTuning)
            Tune(registry, folder, path, archive);
        else
            Race(registry, folder, path, archive);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  most memory this process had: {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MiB"));
    }

    private static void Tune(LocalRegistry registry, ScratchFolder folder, string path, CheckpointArchive archive)
    {
        var contest = Copies(new Contest("image from an archive of 1 GiB to a registry, by the size of chunks", 5), folder, path);
        foreach (var mebibytes in new[] { 8L, 16, 32, 64, 128, 256, 2048 })
        {
            var sizes = new UploadSizes { Chunk = mebibytes << 20 };
            contest.Enter(string.Create(CultureInfo.InvariantCulture, $"New-RestoreImage's engine, chunks of {mebibytes} MiB"), () => Push(registry, archive, sizes));
        }
        contest.Run();
    }

    private static void Race(LocalRegistry registry, ScratchFolder folder, string path, CheckpointArchive archive)
    {
        var contest = Copies(new Contest("image from an archive of 1 GiB to a registry", 7), folder, path);
        if (Peer.IsInstalled("curl"))
        {
            using var file = File.OpenRead(path);
            var digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(file))}";
            contest.Enter("the registry's own limit: curl, digest known", () => Curl(registry, path, digest));
        }
        contest.Enter("New-RestoreImage's engine", () => Push(registry, archive, new UploadSizes()))
            .Enter("the same, when the registry has it already", () => Push(registry, archive, new UploadSizes(), isNew: false))
            .Run();
        if (Peer.IsInstalled("buildah"))
        {
            var buildah = new Buildah(folder.PathOf("buildah"));
            new Contest("the same, against buildah", 3)
                .Enter("New-RestoreImage's engine", () => Push(registry, archive, new UploadSizes()))
                .Enter("buildah from scratch, add, commit, push", () => Build(registry, buildah, path, []))
                .Enter("the same, push without compression", () => Build(registry, buildah, path, ["--disable-compression"]))
                .Run();
        }
        Compress(folder);
    }

    private static Contest Copies(Contest contest, ScratchFolder folder, string path) => contest
        .Enter("sha256sum, then cp, flushed", () => HashThenCopy(path, folder.PathOf("copy.tar")))
        .Enter("SHA256 of .NET and copy in one pass, flushed", () => HashAndCopy(path, folder.PathOf("copy.tar")));

    private static void Build(LocalRegistry registry, Buildah buildah, string path, string[] options)
    {
        registry.Clear();
        buildah.Push(path, $"{registry.Host}/buildah:1", options);
    }

    private static void Curl(LocalRegistry registry, string path, string digest)
    {
        registry.Clear();
        using var http = new HttpClient();
        using var begun = http.PostAsync(new Uri($"http://{registry.Host}/v2/curl/blobs/uploads/"), null).GetAwaiter().GetResult();
        Peer.Run("curl", ["-sSf", "-o", "/dev/null", "-T", path, $"{begun.Headers.Location}&digest={digest}"]);
    }

    private static void Compress(ScratchFolder folder)
    {
        var archive = CheckpointArchiveReader.ReadAsync(folder.Write("small.tar", new SyntheticArchiveOptions { MemorySize = CompressedSize }), CancellationToken.None).GetAwaiter().GetResult();
        new Contest("a layer from an archive of 256 MiB, compressed", 3)
            .Enter("sequential read", () => SequentialRead.Run(archive.Path))
            .Enter("zstd", () => Write(archive, ArchiveCompression.Zstd))
            .Enter("gzip", () => Write(archive, ArchiveCompression.Gzip))
            .Run();

        static void Write(CheckpointArchive archive, ArchiveCompression compression)
        {
            using var layer = CompressedLayer.Write(archive, compression, TransferMeter.None, CancellationToken.None);
        }
    }

    private static void Push(LocalRegistry registry, CheckpointArchive archive, UploadSizes sizes, bool isNew = true)
    {
        if (isNew)
            registry.Clear();
        // A push must not be faster than the first because of what this process remembers.
        File.SetLastWriteTimeUtc(archive.Path, DateTime.UtcNow);
        RestoreImageFactory.CreateAsync(
            new RestoreImageRequest { Archive = archive, Reference = $"{registry.Host}/image:1", Registry = new RegistryOptions { Sizes = sizes } },
            null, CancellationToken.None).GetAwaiter().GetResult();
    }

    private static void HashThenCopy(string path, string copy)
    {
        Peer.Run("sha256sum", [path]);
        Peer.Run("cp", [path, copy]);
        using (var file = new FileStream(copy, FileMode.Open, FileAccess.ReadWrite))
            file.Flush(flushToDisk: true);
        File.Delete(copy);
    }

    private static void HashAndCopy(string path, string copy)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using (var source = File.OpenHandle(path, options: FileOptions.SequentialScan))
        using (var target = new FileStream(copy, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0 }))
        {
            var buffer = new byte[1 << 20];
            for (long offset = 0; RandomAccess.Read(source, buffer, offset) is var count and > 0; offset += count)
            {
                hash.AppendData(buffer, 0, count);
                target.Write(buffer, 0, count);
            }
            target.Flush(flushToDisk: true);
        }
        File.Delete(copy);
    }
}
