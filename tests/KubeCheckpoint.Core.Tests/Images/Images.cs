using System.Net;
using System.Text.Json;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Core.Tests.Images.Registry;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Images;

/// <summary>The shared set-up for tests of images.</summary>
internal static class Images
{
    public const string PodManifest = """
        {"metadata":{"name":"counter","namespace":"default","labels":{"app":"Zähler"},"managedFields":[{"manager":"x"}]},
         "spec":{"containers":[{"name":"counter","image":"counter:1"}]},"status":{"phase":"Running"}}
        """;

    public static Task<CheckpointArchive> ReadAsync(string fixture) =>
        CheckpointArchiveReader.ReadAsync(Fixture.PathOf(fixture), CancellationToken.None);

    public static async Task<RestoreImage> PushAsync(string fixture, string reference, RegistryOptions options, IProgress<TransferProgress>? progress = null) =>
        await RestoreImageFactory.CreateAsync(
            new RestoreImageRequest { Archive = await ReadAsync(fixture), Reference = reference, Registry = options, PodManifest = new(PodManifest) },
            progress, CancellationToken.None);

    /// <summary>Pushes to a fake registry, with short delays.</summary>
    public static async Task<RestoreImage> PushAsync(
        FakeRegistry registry, NetworkCredential? credential = null, TimeSpan? stall = null, CancellationToken cancellationToken = default)
    {
        var timings = new RegistryTimings
        {
            Connect = stall ?? TimeSpan.FromSeconds(10),
            Stall = stall ?? TimeSpan.FromSeconds(60),
            Attempts = 3,
            FirstDelay = TimeSpan.FromMilliseconds(10),
        };
        return await RestoreImageFactory.CreateAsync(
            new RestoreImageRequest
            {
                Archive = await ReadAsync("crio-multi-a.tar"),
                Reference = $"{registry.Host}/a/b:1",
                Registry = new RegistryOptions { Credential = credential, PlainHttp = true, Timings = timings },
            },
            null, cancellationToken);
    }

    /// <summary>Pushes to a fake registry in chunks of 60,000 bytes while the archive of 290,816 bytes is hashed.</summary>
    public static async Task<RestoreImage> StreamAsync(
        FakeRegistry registry,
        NetworkCredential? credential = null,
        UploadSizes? sizes = null,
        RestoreImageRequest? request = null,
        TimeSpan? stall = null,
        CancellationToken cancellationToken = default)
    {
        using var folder = new TemporaryFolder();
        // Under a new path, for which this process has no cached hash.
        var archive = request?.Archive ?? await KubeCheckpoint.Archives.Summaries.CheckpointArchiveReader.ReadAsync(
            folder.Write("a.tar", await File.ReadAllBytesAsync(Fixture.PathOf("crio-multi-a.tar"), cancellationToken)), cancellationToken);
        return await RestoreImageFactory.CreateAsync(
            new RestoreImageRequest
            {
                Archive = archive,
                Reference = $"{registry.Host}/a/b:1",
                MountFrom = request?.MountFrom,
                Registry = new RegistryOptions
                {
                    Credential = credential,
                    Timings = new RegistryTimings { Attempts = 3, FirstDelay = TimeSpan.FromMilliseconds(10), Stall = stall ?? TimeSpan.FromSeconds(60), Progress = 10_000 },
                    Sizes = sizes ?? new UploadSizes { Chunk = 60_000, SmallestChunk = 10_000, HashFirst = 20_000 },
                },
            },
            null, cancellationToken);
    }

    public static async Task<RestoreImage> WriteAsync(string fixture, string destination, string? reference = null) =>
        await RestoreImageFactory.CreateAsync(
            new RestoreImageRequest
            {
                Archive = await ReadAsync(fixture),
                Destination = destination,
                Reference = reference,
                PodManifest = new(PodManifest),
                Registry = new RegistryOptions(),
            },
            null, CancellationToken.None);

    public static string Sha256(byte[] content) => Digest.Of(content).ToString();

    public static string Text(this JsonElement element, params string[] path)
    {
        foreach (var name in path)
            element = element.GetProperty(name);
        return element.GetString()!;
    }
}
