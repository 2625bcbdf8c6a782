using System.Text;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Images.Registry;

/// <summary>Uploads in chunks, mounts, tokens and cancelled pushes, on the real registry.</summary>
public sealed class RealUploadTests : IDisposable
{
    private static readonly byte[] Archive = File.ReadAllBytes(Fixture.PathOf("crio-counter.tar"));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [RequiresToolsFact(Tools.Registry, Tools.Skopeo)]
    public async Task Chunks_make_the_blob()
    {
        using var registry = new RealRegistry();

        var image = await PushAsync(registry.Host, registry.Options(small: true));

        AssertPulls(registry.Host, image);
        Assert.Empty(registry.UploadsOf("a"));
    }

    [RequiresToolsFact(Tools.Registry)]
    public async Task A_push_that_is_cancelled_leaves_no_upload_behind()
    {
        using var registry = new RealRegistry();
        using var source = new CancellationTokenSource();
        var progress = new ImmediateProgress(value =>
        {
            if (value.Done > 100_000)
                source.Cancel();
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PushAsync(registry.Host, registry.Options(small: true), progress: progress, cancellationToken: source.Token));

        Assert.Empty(registry.UploadsOf("a"));
    }

    [RequiresToolsFact(Tools.Registry, Tools.Skopeo)]
    public async Task Another_repository_takes_the_layer_without_a_byte_sent()
    {
        using var registry = new RealRegistry();
        var uploads = 0;
        var progress = new ImmediateProgress(value => uploads += value.Status == "Uploading the layer" ? 1 : 0);
        await PushAsync(registry.Host, registry.Options(), progress: progress);
        var before = uploads;

        var image = await PushAsync(registry.Host, registry.Options(), repository: "b/c", progress: progress);

        Assert.True(before > 0);
        Assert.Equal(before, uploads);
        AssertPulls(registry.Host, image, "b/c");
    }

    [RequiresToolsFact(Tools.Registry, Tools.Skopeo)]
    public async Task A_repository_named_by_the_user_is_mounted_from()
    {
        using var registry = new RealRegistry();
        Tools.RunSkopeo("copy", "--preserve-digests", "--dest-tls-verify=false", $"oci:{await LayoutAsync()}:r.io/a:1", $"docker://{registry.Host}/unknown/to/us:1");
        var uploads = 0;

        var image = await PushAsync(
            registry.Host, registry.Options(small: true), mountFrom: "unknown/to/us", progress: new ImmediateProgress(value => uploads += value.Status == "Uploading the layer" ? 1 : 0));

        Assert.Equal(0, uploads);
        AssertPulls(registry.Host, image);
    }

    [RequiresToolsFact(Tools.Registry)]
    public async Task Tokens_are_for_what_is_done_and_no_more()
    {
        using var tokens = new TokenServer();
        using var registry = new RealRegistry(tokens: tokens);
        await PushAsync(registry.Host, registry.Options(RealRegistry.Password));
        var pushing = tokens.Requests.ToArray();
        tokens.Requests.Clear();

        await PushAsync(registry.Host, registry.Options(RealRegistry.Password), repository: "b/c");
        var mounting = tokens.Requests.ToArray();
        tokens.Requests.Clear();
        var found = await RestoreImageCatalog.ListTagsAsync($"{registry.Host}/a", registry.Options(RealRegistry.Password), CancellationToken.None);

        Assert.Equal([$"/token?service={TokenServer.Service}&scope=repository:a:pull,push"], pushing);
        Assert.Equal([$"/token?service={TokenServer.Service}&scope=repository:b/c:pull,push", $"/token?service={TokenServer.Service}&scope=repository:b/c:pull,push&scope=repository:a:pull"], mounting);
        Assert.Equal([$"/token?service={TokenServer.Service}&scope=repository:a:pull"], tokens.Requests);
        Assert.Equal(["1"], found);
    }

    [RequiresToolsFact(Tools.Registry)]
    public async Task A_mount_that_is_not_allowed_is_an_upload()
    {
        using var tokens = new TokenServer();
        using var registry = new RealRegistry(tokens: tokens);
        await PushAsync(registry.Host, registry.Options());
        tokens.Grants = scope => !scope.StartsWith("repository:a:", StringComparison.Ordinal);

        var image = await PushAsync(registry.Host, registry.Options(small: true), repository: "b");

        Assert.StartsWith($"{registry.Host}/b:", image.Reference, StringComparison.Ordinal);
        Assert.Equal(["1"], await RestoreImageCatalog.ListTagsAsync($"{registry.Host}/b", registry.Options(), CancellationToken.None));
    }

    [RequiresToolsFact(Tools.Registry)]
    public async Task A_token_that_ends_during_the_upload_is_renewed_between_chunks()
    {
        using var tokens = new TokenServer { Lifetime = TimeSpan.FromSeconds(2) };
        using var registry = new RealRegistry(tokens: tokens);
        var isAsleep = false;
        // The registry itself decides that the token has ended: time has to pass.
        var progress = new ImmediateProgress(value =>
        {
            if (value.Done < 100_000 || isAsleep)
                return;
            isAsleep = true;
            Thread.Sleep(3000);
        });

        await PushAsync(registry.Host, Quick(registry.Options(small: true)), progress: progress);

        Assert.True(tokens.Requests.Count > 1);
    }

    private async Task<RestoreImage> PushAsync(
        string host,
        RegistryOptions options,
        string repository = "a",
        string? mountFrom = null,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default) => await RestoreImageFactory.CreateAsync(
            new RestoreImageRequest { Archive = await ArchiveAsync(), Reference = $"{host}/{repository}:1", MountFrom = mountFrom, Registry = options },
            progress, cancellationToken);

    // Nothing of this process has hashed a file of this path.
    private Task<CheckpointArchive> ArchiveAsync() =>
        KubeCheckpoint.Archives.Summaries.CheckpointArchiveReader.ReadAsync(_folder.Write($"{Guid.NewGuid():n}.tar", Archive), CancellationToken.None);

    private async Task<string> LayoutAsync()
    {
        var layout = Path.Combine(_folder.Path, "layout");
        await Images.WriteAsync("crio-counter.tar", layout, "r.io/a:1");
        return layout;
    }

    private static RegistryOptions Quick(RegistryOptions options) => new()
    {
        Sizes = options.Sizes,
        Credential = options.Credential,
        Timings = new RegistryTimings { FirstDelay = TimeSpan.FromMilliseconds(50) },
    };

    private void AssertPulls(string host, RestoreImage image, string repository = "a")
    {
        var raw = Tools.RunSkopeo("inspect", "--raw", "--tls-verify=false", $"docker://{host}/{repository}:1");
        Assert.Equal(image.Digest, Images.Sha256(Encoding.UTF8.GetBytes(raw)));
        var copy = Path.Combine(_folder.Path, "copy");
        Tools.RunSkopeo("copy", "--preserve-digests", "--src-tls-verify=false", $"docker://{host}/{repository}:1", $"dir:{copy}");
        Assert.Equal(Archive, File.ReadAllBytes(Path.Combine(copy, image.LayerDigest![7..])));
    }
}
