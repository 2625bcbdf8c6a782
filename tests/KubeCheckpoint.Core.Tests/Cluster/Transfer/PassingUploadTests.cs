using System.Security.Cryptography;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Core.Tests.Images.Registry;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Cluster.Transfer;

/// <summary>Archives that go from their node to a registry in one pass.</summary>
public sealed class PassingUploadTests : SandboxTests, IDisposable
{
    private const string Name = "checkpoint-web_shop-app-2026-11-23T06:45:23Z.tar";
    private const string Reading = "skip%3D";

    private readonly FakeRegistry _registry = new();
    private readonly UnnamedFiles _passing = new();
    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _bytes = new TarBuilder()
        .Add("config.dump", TarBuilder.Config).Add("spec.dump", TarBuilder.Spec)
        .Add("checkpoint/pages-1.img", RandomNumberGenerator.GetBytes(1_300_000)).Add("rootfs-diff.tar", RandomNumberGenerator.GetBytes(200_000)).End();

    public PassingUploadTests()
        : base(new() { DefaultPods = false }, "operator")
    {
    }

    private string Digest => Images.Images.Sha256(_bytes);

    protected override async Task SetUpAsync()
    {
        Directory.CreateDirectory(Sandbox.CheckpointFolder("node1"));
        await File.WriteAllBytesAsync(Path.Combine(Sandbox.CheckpointFolder("node1"), Name), _bytes);
    }

    public void Dispose()
    {
        _registry.Dispose();
        _passing.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_archive_is_read_once_and_only_what_is_no_page_gets_onto_the_disk()
    {
        var saved = await SaveAsync();

        Assert.Equal(_bytes, _registry.Blobs[Digest]);
        Assert.Equal(1, Reads());
        Assert.Equal(["checkpoint/pages-1.img"], UnnamedFiles.Find(saved.Path)!.Omitted.Select(range => range.Member));
        NothingIsUnfinished();
    }

    [Fact]
    public async Task An_archive_is_kept_and_sent_in_one_pass()
    {
        var saved = await SaveAsync(request => request with { Passing = null });

        Assert.Equal(_bytes, await File.ReadAllBytesAsync(saved.Path));
        Assert.Equal(_bytes, _registry.Blobs[Digest]);
        Assert.Equal(1, Reads());
    }

    [Fact]
    public async Task What_an_earlier_try_has_left_is_sent_too()
    {
        _folder.Write(LocalArchiveName.From(Name) + ".partial", _bytes[..700_000]);

        var saved = await SaveAsync(request => request with { Passing = null });

        Assert.Equal(_bytes, await File.ReadAllBytesAsync(saved.Path));
        Assert.Equal(_bytes, _registry.Blobs[Digest]);
    }

    [Fact]
    public async Task Bytes_that_change_on_the_way_leave_neither_a_blob_nor_an_upload()
    {
        Sandbox.AddFault(new() { PathContains = Reading, InvertByteAt = 1_234_567 });

        await Failing.WithAsync("ArchiveVerificationFailed", () => SaveAsync());

        Assert.Empty(_registry.Blobs);
        NothingIsUnfinished();
    }

    [Fact]
    public async Task A_connection_to_the_node_that_breaks_is_resumed_where_it_broke()
    {
        Sandbox.AddFault(new() { PathContains = Reading, CutAfterBytes = 900_000 });

        await SaveAsync();

        Assert.Equal(_bytes, _registry.Blobs[Digest]);
        Assert.Equal((2, 2), (Reads(), _registry.Count("POST", "")));
    }

    [Fact]
    public async Task A_connection_to_the_registry_that_breaks_is_resumed_from_memory()
    {
        var resets = 0;
        _registry.ResetInBody = request => request.Method == "PATCH" && _registry.Count("PATCH", "") == 4 && resets++ == 0 ? 20_000 : null;

        await SaveAsync();

        Assert.Equal(1, resets);
        Assert.Equal(_bytes, _registry.Blobs[Digest]);
        Assert.Equal((1, 2), (Reads(), _registry.Count("POST", "")));
    }

    [Fact]
    public async Task What_a_registry_has_lost_is_read_from_the_node_again()
    {
        var isLost = false;
        _registry.Intercept = request =>
        {
            if (request.Method == "PATCH" && !isLost && _registry.Count("PATCH", "") > 8)
            {
                isLost = true;
                _registry.Uploads.Clear();
            }

            return null;
        };

        await SaveAsync();

        Assert.True(isLost);
        Assert.Equal(_bytes, _registry.Blobs[Digest]);
        Assert.True(Reads() > 1);
        NothingIsUnfinished();
    }

    [Fact]
    public async Task An_upload_that_is_lost_at_its_end_is_repeated_from_the_node()
    {
        var closings = 0;
        _registry.Intercept = request =>
        {
            if (request.Method != "PUT" || closings++ > 0)
                return null;
            _registry.Uploads.Clear();
            return new FakeResponse(404, """{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}""");
        };

        await SaveAsync();

        Assert.Equal(_bytes, _registry.Blobs[Digest]);
        Assert.Equal(2, Reads());
    }

    [Fact]
    public async Task A_registry_that_breaks_for_longer_than_it_is_tried_gets_the_archive_from_the_node()
    {
        var patches = 0;
        _registry.Intercept = request => request.Method == "PATCH" && ++patches is > 3 and < 12 ? new FakeResponse(503) : null;

        await SaveAsync();

        Assert.Equal(_bytes, _registry.Blobs[Digest]);
        Assert.InRange(Reads(), 2, 3);
        NothingIsUnfinished();
    }

    [Fact]
    public async Task A_registry_that_takes_no_chunks_gets_the_archive_in_one_request()
    {
        _registry.Intercept = request => request.Method == "PATCH" ? new FakeResponse(405) : null;

        await SaveAsync();

        Assert.Equal(_bytes, _registry.Blobs[Digest]);
        Assert.Equal(1, _registry.Requests.Count(request => request.Method == "PUT" && request.Body.Length == _bytes.Length));
    }

    [Fact]
    public async Task A_registry_that_forbids_it_is_found_out_before_anything_is_read()
    {
        _registry.Intercept = request => request.Method == "POST" ? new FakeResponse(403) : null;

        await Failing.WithAsync("RegistryForbidden", () => SaveAsync());

        Assert.Equal(0, Reads());
    }

    [Fact]
    public async Task A_registry_that_forbids_it_on_the_way_ends_the_transfer()
    {
        _registry.Intercept = request => request.Method == "PATCH" && _registry.Count("PATCH", "") > 3 ? new FakeResponse(403) : null;

        await Failing.WithAsync("RegistryForbidden", () => SaveAsync());

        Assert.Empty(_registry.Blobs);
        NothingIsUnfinished();
    }

    [RequiresToolsFact(Tools.Registry)]
    public async Task A_real_registry_behind_a_connection_that_breaks_gets_every_byte()
    {
        using var registry = new RealRegistry();
        await using var proxy = new CuttingProxy(registry.Host, seed: 7, least: 150_000, most: 400_000);

        await SaveAsync(host: proxy.Host);

        using var client = new HttpClient();
        Assert.Equal(_bytes, await client.GetByteArrayAsync(new Uri($"http://{registry.Host}/v2/a/blobs/{Digest}")));
        Assert.True(proxy.Cuts > 0);
    }

    private async Task<SavedArchive> SaveAsync(Func<SaveRequest, SaveRequest>? change = null, string? host = null)
    {
        var options = new RegistryOptions
        {
            Sizes = new() { Chunk = 60_000, SmallestChunk = 10_000, HashFirst = 20_000, Window = 240_000 },
            Timings = new() { FirstDelay = TimeSpan.FromMilliseconds(20), LongestDelay = TimeSpan.FromMilliseconds(100) },
        };
        using var uploads = await ArchiveUploads.OpenAsync($"{host ?? _registry.Host}/a", options, default);
        await using var transfer = new ArchiveTransfer(Client, new() { Image = "busybox:1" });
        var request = new SaveRequest
        {
            NodeName = "node1",
            NodePath = $"/var/lib/kubelet/checkpoints/{Name}",
            DestinationFolder = _folder.Path,
            Passing = _passing,
            NewUpload = uploads.Add,
        };
        return await transfer.SaveAsync(change is null ? request : change(request), null, default);
    }

    private int Reads() => Sandbox.Requests.Count(request => request.Path.Contains(Reading, StringComparison.Ordinal));

    private void NothingIsUnfinished() => Assert.Empty(_registry.Uploads);
}
