using System.Text;
using System.Text.Json.Nodes;
using KubeCheckpoint.Core.Tests.Images.Registry;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Images;

public sealed class RestoreImageCatalogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeRegistry _registry = new();
    private readonly List<(string Name, KubeCheckpointException Failure)> _failures = [];

    public void Dispose()
    {
        _folder.Dispose();
        _registry.Dispose();
    }

    [RequiresToolsTheory(Tools.Registry)]
    [InlineData("crio-counter.tar")]
    [InlineData("containerd-counter.tar")]
    [InlineData("podman-counter-zstd.tar.zst")]
    public async Task Images_found_in_a_registry_are_those_that_were_pushed(string name)
    {
        using var registry = new RealRegistry();
        var made = await Images.PushAsync(name, $"{registry.Host}/restore/web:one", registry.Options());
        await Images.PushAsync("crio-multi-a.tar", $"{registry.Host}/restore/web:two", registry.Options());

        var found = Assert.Single(await FindAsync(new RestoreImageQuery { Repository = $"{registry.Host}/restore/web", IsWanted = tag => tag == "one", Registry = registry.Options() }));

        AssertSame(made, found);
        Assert.Equal(2, (await FindAsync(new RestoreImageQuery { Repository = $"{registry.Host}/restore/web", Registry = registry.Options() })).Count);
        Assert.Equal(made.Digest, Assert.Single(await FindAsync(new RestoreImageQuery { Repository = $"{registry.Host}/restore/web@{made.Digest}", Registry = registry.Options() })).Digest);
    }

    [Theory]
    [InlineData("layout")]
    [InlineData("image.tar")]
    public async Task Images_found_in_a_layout_are_those_that_were_written(string destination)
    {
        var made = await Images.WriteAsync("crio-counter.tar", At(destination), "r.io/a:1");

        AssertSame(made, Assert.Single(await FindAsync(new RestoreImageQuery { Path = At(destination), Registry = new RegistryOptions() })));
        Assert.Equal(["r.io/a:1"], RestoreImageCatalog.ListNames(At(destination), CancellationToken.None));
    }

    [RequiresToolsFact(Tools.Skopeo)]
    public async Task An_archive_written_by_skopeo_is_read_also_compressed()
    {
        var made = await Images.WriteAsync("crio-counter.tar", At("layout"), "r.io/a:1");
        Tools.RunSkopeo("copy", "--preserve-digests", $"oci:{At("layout")}:r.io/a:1", $"oci-archive:{At("copy.tar")}:r.io/a:1");
        Tools.Run("gzip", "-k", At("copy.tar"));

        Assert.Equal(made.Digest, Assert.Single(await FindAsync(new RestoreImageQuery { Path = At("copy.tar"), Registry = new RegistryOptions() })).Digest);
        Assert.Equal(made.Digest, Assert.Single(await FindAsync(new RestoreImageQuery { Path = At("copy.tar.gz"), Registry = new RegistryOptions() })).Digest);
    }

    [Fact]
    public async Task An_index_gives_the_restore_images_in_it()
    {
        var made = await Images.WriteAsync("crio-counter.tar", At("layout"), "r.io/a:1");
        var other = Blob("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"x","digest":"%","size":2},"layers":[]}""".Replace("%", Blob("{}").Digest));
        var manifest = new FileInfo(Path.Combine(At("layout"), "blobs", "sha256", made.Digest[7..]));
        var index = Blob(
            $$"""
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[
              {"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{{made.Digest}}","size":{{manifest.Length}},"platform":{"os":"linux","architecture":"amd64"} },
              {"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{{other.Digest}}","size":{{other.Size}},"platform":{"os":"linux","architecture":"arm64"} },
              {"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{{new string('0', 64)}}","size":1,"platform":{"os":"unknown","architecture":"unknown"} }]}
            """);
        WriteIndex((index.Digest, index.Size, "application/vnd.oci.image.index.v1+json", "r.io/multi:1"));

        var found = Assert.Single(await FindAsync(new RestoreImageQuery { Path = At("layout"), Registry = new RegistryOptions() }));

        Assert.Equal((made.Digest, "r.io/multi:1"), (found.Digest, found.Reference));
        Assert.Empty(_failures);
    }

    [RequiresToolsFact(Tools.Registry, Tools.Skopeo)]
    public async Task An_index_in_a_registry_gives_images_by_their_digest()
    {
        using var registry = new RealRegistry();
        await An_index_gives_the_restore_images_in_it();
        Tools.RunSkopeo("copy", "--all", "--preserve-digests", "--dest-tls-verify=false", $"oci:{WithoutAttestation()}:r.io/multi:1", $"docker://{registry.Host}/a:multi");

        var found = Assert.Single(await FindAsync(new RestoreImageQuery { Repository = $"{registry.Host}/a", Registry = registry.Options() }));

        Assert.Equal($"{registry.Host}/a@{found.Digest}", found.Reference);
    }

    [Theory]
    [InlineData("io.kubernetes.cri-o.annotations.checkpoint.", CheckpointEngine.CriO)]
    [InlineData("io.podman.annotations.checkpoint.", CheckpointEngine.Podman)]
    [InlineData("org.criu.checkpoint.", CheckpointEngine.Containerd)]
    public async Task Base_image_and_architecture_of_other_tools_images_are_those_of_the_checkpoint(string family, CheckpointEngine runtime)
    {
        await Images.WriteAsync("crio-counter.tar", At("layout"), "r.io/a:1");
        var config = Blob("""{"architecture":"arm64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}""");
        var architecture = family.StartsWith("io.kubernetes", StringComparison.Ordinal) ? "org.criu.checkpoint.host.arch" : $"{family}host.arch";
        var manifest = Blob(
            $$"""
            {"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{config.Digest}}","size":{{config.Size}} },"layers":[],
             "annotations":{"{{family}}name":"web","org.criu.checkpoint.container.name":"web","{{family}}runtime.name":"runc",
              "{{family}}rootfsImageName":"docker.io/library/redis:7","{{architecture}}":"amd64"} }
            """);
        WriteIndex((manifest.Digest, manifest.Size, "application/vnd.oci.image.manifest.v1+json", "x"));

        var found = Assert.Single(await FindAsync(new RestoreImageQuery { Path = At("layout"), Registry = new RegistryOptions() }));

        Assert.Equal((runtime, "docker.io/library/redis:7", "amd64"), (found.TargetRuntime, found.BaseImage, found.Architecture));
    }

    [Fact]
    public async Task Images_of_other_tools_are_recognised_by_their_annotations()
    {
        await Images.WriteAsync("crio-counter.tar", At("layout"), "r.io/a:1");
        var config = Blob("""{"architecture":"arm64","os":"linux","created":"2026-01-02T03:04:05Z","config":{},"rootfs":{"type":"layers","diff_ids":[]}}""");
        var manifest = Blob(
            $$"""
            {"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{config.Digest}}","size":{{config.Size}} },"layers":[],
             "annotations":{"org.criu.checkpoint.container.name":"web","org.criu.checkpoint.engine.name":"containerd","org.criu.checkpoint.pod.namespace":"shop"} }
            """);
        WriteIndex((manifest.Digest, manifest.Size, "application/vnd.oci.image.manifest.v1+json", "x"));

        var found = Assert.Single(await FindAsync(new RestoreImageQuery { Path = At("layout"), Registry = new RegistryOptions() }));

        Assert.Equal(("web", "shop", CheckpointEngine.Containerd, CheckpointEngine.Containerd), (found.ContainerName, found.Namespace, found.Engine, found.TargetRuntime));
        Assert.Equal(("arm64", new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)), (found.Architecture, found.CheckpointedAt));
        Assert.Null(found.PodManifest);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Annotations_of_a_checkpoint_that_are_only_on_an_index_are_found_and_published_on_the_manifest(bool onIndex)
    {
        var manifest = Plain("""{"architecture":"arm64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}""");
        const string Annotations = "\"org.criu.checkpoint.container.name\":\"web\",\"io.kubernetes.cri-o.annotations.checkpoint.name\":\"web\",\"com.example.note\":\"index\"";
        var index = Blob(
            $$$"""
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","annotations":{ {{{(onIndex ? Annotations : "")}}} },"manifests":[
              {"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{{{manifest.Digest}}}","size":{{{manifest.Size}}},"annotations":{ {{{(onIndex ? "" : Annotations)}}} } }]}
            """);
        WriteIndex((index.Digest, index.Size, "application/vnd.oci.image.index.v1+json", "x"));

        var found = Assert.Single(await FindAsync(new RestoreImageQuery { Path = At("layout"), Registry = new RegistryOptions() }));
        Assert.Equal((onIndex ? AnnotationSource.Index : AnnotationSource.Descriptor, "web", CheckpointEngine.CriO), (found.AnnotationSource, found.ContainerName, found.TargetRuntime));
        Assert.Contains("runtimes do not recognize", RestoreImageCatalog.WarningFor(found), StringComparison.Ordinal);
        Assert.DoesNotContain("com.example.note", found.Annotations.Keys);

        var published = await RestoreImagePublisher.PublishAsync(
            found, new() { Reference = $"{_registry.Host}/a:1", Registry = new RegistryOptions() }, null, CancellationToken.None);
        var read = Assert.Single(await FindAsync(new RestoreImageQuery { Reference = published.Reference, Registry = new RegistryOptions() }));
        Assert.Equal((published.Digest, published.Size, AnnotationSource.Manifest), (read.Digest, read.Size, read.AnnotationSource));
        Assert.Equal("web", read.Annotations["io.kubernetes.cri-o.annotations.checkpoint.name"]);
        Assert.Null(RestoreImageCatalog.WarningFor(read));
    }

    [Fact]
    public async Task Annotations_of_a_checkpoint_on_the_descriptor_in_index_json_are_found()
    {
        var manifest = Plain("""{"architecture":"arm64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}""");
        await File.WriteAllTextAsync(
            Path.Combine(At("layout"), "index.json"),
            $$$"""{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{{{manifest.Digest}}}","size":{{{manifest.Size}}},"annotations":{"org.opencontainers.image.ref.name":"x","org.criu.checkpoint.container.name":"web"}}]}""");

        var found = Assert.Single(await FindAsync(new RestoreImageQuery { Path = At("layout"), Registry = new RegistryOptions() }));
        Assert.Equal((AnnotationSource.Descriptor, "web"), (found.AnnotationSource, found.ContainerName));
        Assert.Equal(["org.criu.checkpoint.container.name"], found.Annotations.Keys);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_image_of_ctr_checkpoint_is_named_for_what_it_is(bool nested)
    {
        var blob = Plain("{}");
        const string Entry = "application/vnd.containerd.container.criu.checkpoint.criu.tar";
        var index = Blob($$"""{"schemaVersion":2,"manifests":[{"mediaType":"{{Entry}}","digest":"{{blob.Digest}}","size":5000000000}]}""");
        if (nested)
            WriteIndex((index.Digest, index.Size, "application/vnd.oci.image.index.v1+json", "x"));
        else
            WriteIndex((blob.Digest, 5_000_000_000, Entry, "x"));

        Assert.Empty(await FindAsync(new RestoreImageQuery { Path = At("layout"), Registry = new RegistryOptions() }));
        var failure = Assert.Single(_failures).Failure;
        Assert.Equal("ContainerdCheckpointImage", failure.ErrorId);
        Assert.Contains("'x' was made by 'ctr containers checkpoint'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Invoke-ContainerCheckpoint", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tags_are_read_page_by_page()
    {
        _registry.Intercept = request => request.Path.EndsWith("/tags/list", StringComparison.Ordinal)
            ? request.Target switch
            {
                var target when target.EndsWith("last=b", StringComparison.Ordinal) => new FakeResponse(200, """{"tags":["c"]}"""),
                _ => new FakeResponse(200, """{"tags":["a","b","not a tag"]}""", "Link: </v2/a/tags/list?n=2&last=b>; rel=\"next\""),
            }
            : null;

        Assert.Equal(["a", "b", "c"], await RestoreImageCatalog.ListTagsAsync($"{_registry.Host}/a", new RegistryOptions(), CancellationToken.None));
    }

    [Theory]
    [InlineData("</v2/a/tags/list?n=1000>; rel=\"next\"", "does not end")]
    [InlineData("<http://127.0.0.2:1/v2/a/tags/list?n=2>; rel=\"next\"", "is on '127.0.0.2'")]
    public async Task A_list_of_tags_that_leads_nowhere_ends(string link, string words)
    {
        _registry.Intercept = request => request.Path.EndsWith("/tags/list", StringComparison.Ordinal) ? new FakeResponse(200, """{"tags":["a"]}""", "Link: " + link) : null;

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => RestoreImageCatalog.ListTagsAsync($"{_registry.Host}/a", new RegistryOptions(), CancellationToken.None));

        Assert.Equal("RegistryProtocolViolation", failure.ErrorId);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"tags":7}""", 0)]
    [InlineData("""{"tags":null}""", 0)]
    [InlineData("""{}""", 0)]
    public async Task A_list_without_tags_is_empty(string body, int count)
    {
        _registry.Intercept = request => request.Path.EndsWith("/tags/list", StringComparison.Ordinal) ? new FakeResponse(200, body) : null;

        Assert.Equal(count, (await RestoreImageCatalog.ListTagsAsync($"{_registry.Host}/a", new RegistryOptions(), CancellationToken.None)).Count);
    }

    [Fact]
    public async Task One_broken_image_does_not_hide_the_others()
    {
        await Images.PushAsync(_registry);
        _registry.Manifests["bad"] = "no json"u8.ToArray();
        _registry.Intercept = request => request switch
        {
            _ when request.Path.EndsWith("/tags/list", StringComparison.Ordinal) => new FakeResponse(200, """{"tags":["1","bad","gone"]}"""),
            _ => null,
        };

        Assert.Single(await FindAsync(new RestoreImageQuery { Repository = $"{_registry.Host}/a/b", Registry = new RegistryOptions() }));

        Assert.Equal([("bad", "ImageDocumentInvalid"), ("gone", "RestoreImageNotFound")], _failures.Select(failure => (failure.Name.Split(':')[^1], failure.Failure.ErrorId)));
    }

    [Fact]
    public async Task A_manifest_with_other_bytes_than_its_digest_is_refused()
    {
        _registry.Manifests["1"] = "{}"u8.ToArray();
        _registry.Intercept = request => request.Path.EndsWith("/manifests/1", StringComparison.Ordinal)
            ? new FakeResponse(200, "{}", $"Docker-Content-Digest: sha256:{new string('0', 64)}")
            : null;

        await FindAsync(new RestoreImageQuery { Reference = $"{_registry.Host}/a:1", Registry = new RegistryOptions() });

        Assert.Equal("DigestMismatch", Assert.Single(_failures).Failure.ErrorId);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"schemaVersion":1}""")]
    [InlineData("""{"schemaVersion":2}""")]
    [InlineData("""{"schemaVersion":2,"manifests":[],"config":{}}""")]
    [InlineData("""{"schemaVersion":2,"manifests":[{"digest":"sha256:../../etc/passwd","size":1}]}""")]
    [InlineData("""{"schemaVersion":2,"manifests":[{"digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":-1}]}""")]
    [InlineData("""{"schemaVersion":2,"manifests":{}}""")]
    [InlineData("""{"schemaVersion":2,"manifests":[],"annotations":[]}""")]
    [InlineData("""{"schemaVersion":2,"manifests":[],"manifests":[]}""")]
    public async Task Invalid_indexes_are_refused(string index)
    {
        await Images.WriteAsync("crio-multi-a.tar", At("layout"), "x");
        await File.WriteAllTextAsync(Path.Combine(At("layout"), "index.json"), index);

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => FindAsync(new RestoreImageQuery { Path = At("layout"), Registry = new RegistryOptions() }));

        Assert.Equal("ImageDocumentInvalid", failure.ErrorId);
    }

    [Fact]
    public async Task A_link_in_a_layout_is_not_followed()
    {
        var made = await Images.WriteAsync("crio-multi-a.tar", At("layout"), "x");
        var blob = Path.Combine(At("layout"), "blobs", "sha256", made.Digest[7..]);
        File.Move(blob, At("elsewhere"));
        File.CreateSymbolicLink(blob, At("elsewhere"));

        await FindAsync(new RestoreImageQuery { Path = At("layout"), Registry = new RegistryOptions() });

        Assert.Equal("NotAnImageLayout", Assert.Single(_failures).Failure.ErrorId);
    }

    [Theory]
    [InlineData("crio-counter.tar", "NotAnImageLayout")]
    [InlineData("zoo-crio.tar.truth.json", "NotAnArchive")]
    [InlineData("absent.tar", "ArchiveNotFound")]
    [InlineData(".", "NotAnImageLayout")]
    public async Task Other_folders_are_named(string path, string errorId)
    {
        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => FindAsync(new RestoreImageQuery { Path = Fixture.PathOf(path), Registry = new RegistryOptions() }));

        Assert.Equal(errorId, failure.ErrorId);
    }

    private static void AssertSame(RestoreImage made, RestoreImage found)
    {
        var expected = made with { ArchivePath = null, PodManifest = null, Annotations = found.Annotations, Needs = found.Needs };
        Assert.Equal(expected, found with { PodManifest = null });
        Assert.Equal(made.Annotations.OrderBy(pair => pair.Key), found.Annotations.OrderBy(pair => pair.Key));
        Assert.Equal(RestoreNeedsLabel.Write(made.Needs!), RestoreNeedsLabel.Write(found.Needs!));
        Assert.Equal("Zähler", JsonNode.Parse(found.PodManifest!.Json)!["metadata"]!["labels"]!["app"]!.ToString());
    }

    private string At(string name) => Path.Combine(_folder.Path, name);

    private async Task<List<RestoreImage>> FindAsync(RestoreImageQuery query)
    {
        _failures.Clear();
        var images = new List<RestoreImage>();
        await foreach (var image in RestoreImageCatalog.FindAsync(query, (name, failure) => _failures.Add((name, failure)), CancellationToken.None))
            images.Add(image);
        return images;
    }

    // An image without annotations, in a new layout.
    private (string Digest, long Size) Plain(string config)
    {
        Directory.CreateDirectory(Path.Combine(At("layout"), "blobs", "sha256"));
        File.WriteAllText(Path.Combine(At("layout"), "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
        var blob = Blob(config);
        return Blob($$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{blob.Digest}}","size":{{blob.Size}} },"layers":[]}""");
    }

    private (string Digest, long Size) Blob(string content)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        var digest = Images.Sha256(bytes);
        File.WriteAllBytes(Path.Combine(At("layout"), "blobs", "sha256", digest[7..]), bytes);
        return (digest, bytes.Length);
    }

    private void WriteIndex((string Digest, long Size, string MediaType, string Name) entry) => File.WriteAllText(
        Path.Combine(At("layout"), "index.json"),
        $$$"""{"schemaVersion":2,"manifests":[{"mediaType":"{{{entry.MediaType}}}","digest":"{{{entry.Digest}}}","size":{{{entry.Size}}},"annotations":{"org.opencontainers.image.ref.name":"{{{entry.Name}}}"}}]}""");

    // skopeo requires everything that an index names.
    private string WithoutAttestation()
    {
        var index = JsonNode.Parse(File.ReadAllText(Path.Combine(At("layout"), "index.json")))!["manifests"]![0]!;
        var content = JsonNode.Parse(File.ReadAllText(Path.Combine(At("layout"), "blobs", "sha256", index["digest"]!.ToString()[7..])))!.AsObject();
        content["manifests"]!.AsArray().RemoveAt(2);
        content["manifests"]!.AsArray().RemoveAt(1);
        var blob = Blob(content.ToJsonString());
        WriteIndex((blob.Digest, blob.Size, "application/vnd.oci.image.index.v1+json", "r.io/multi:1"));
        return At("layout");
    }
}
