using System.Text;
using System.Text.Json.Nodes;
using KubeCheckpoint.Core.Tests.Images.Registry;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Images;

public sealed class RestoreImageCheckerTests : IDisposable
{
    private const string CriO = "io.kubernetes.cri-o.annotations.checkpoint.name";
    private const string Containerd = "org.criu.checkpoint.container.name";
    private const string Podman = "io.podman.annotations.checkpoint.runtime.name";
    private const string Manifest = "application/vnd.oci.image.manifest.v1+json";

    private static readonly string CriOSpec = """{"annotations":{"io.container.manager":"cri-o","io.kubernetes.cri-o.Annotations":"{\"a\":\"b\"}"}}""";
    private static readonly string KubeConfig = $$"""{"id":"a","name":"c","rootfsImageName":"r.io/i:1","rootfsImageRef":"{{new string('a', 64)}}"}""";
    private static readonly string ContainerdConfig = $$"""{"id":"a","name":"c","rootfsImageName":"r.io/i:1","rootfsImageRef":"r.io/i@sha256:{{new string('a', 64)}}"}""";

    private readonly TemporaryFolder _folder = new();

    public RestoreImageCheckerTests()
    {
        Directory.CreateDirectory(Path.Combine(At("layout"), "blobs", "sha256"));
        File.WriteAllText(Path.Combine(At("layout"), "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
    }

    public static TheoryData<string> Archives => Fixture.Archives;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Archives))]
    public async Task An_image_of_the_module_is_complete_and_for_its_runtime(string name)
    {
        var image = await Images.WriteAsync(name, At("made"), "r.io/a:1");

        var test = Assert.Single(await CheckAsync(new RestoreImageQuery { Path = At("made"), Registry = new RegistryOptions() }));

        Assert.True(test.IsWhole, string.Join('\n', test.Findings));
        Assert.Equal((image.Digest, image.TargetRuntime), (test.Digest, test.TargetRuntime));
        Assert.Equal([image.TargetRuntime], new[] { test.CriO, test.Containerd, test.Podman }.Where(verdict => verdict.CanRestore).Select(verdict => verdict.Runtime));
        Assert.True(test.LayersRead);
    }

    [RequiresToolsTheory(Tools.Registry)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_registry_is_read_like_a_folder(bool skipLayers)
    {
        using var registry = new RealRegistry();
        var image = await Images.PushAsync("containerd-redis.tar", $"{registry.Host}/a:1", registry.Options());

        var test = Assert.Single(await CheckAsync(new RestoreImageQuery { Reference = image.Reference, Registry = registry.Options() }, skipLayers));
        registry.Damage(image.LayerDigest!);
        var damaged = Assert.Single(await CheckAsync(new RestoreImageQuery { Reference = image.Reference, Registry = registry.Options() }, skipLayers));

        Assert.True(test.Containerd.CanRestore, test.Containerd.ToString());
        Assert.Equal((true, !skipLayers), (test.IsWhole, test.LayersRead));
        Assert.Equal(skipLayers, damaged.IsWhole);
        Assert.Equal(skipLayers, damaged.Containerd.CanRestore);
        Assert.Equal(!skipLayers, damaged.Findings.Any(finding => finding is { Check: "DigestMismatch", Part: "layer 1" }));
    }

    [Fact]
    public async Task Each_runtime_is_judged_by_what_it_reads()
    {
        var tar = Tar(CriOSpec, KubeConfig);

        var criO = await CheckAsync([tar], CriO, Containerd);
        var both = await CheckAsync([Tar(CriOSpec, ContainerdConfig, ("status.dump", "{}"))], CriO, Containerd, Podman);

        Assert.True(criO.CriO.CanRestore, criO.CriO.ToString());
        Assert.Equal(
            ["there is no status.dump", $"config.dump has '{new string('a', 64)}' as rootfsImageRef, by which containerd cannot pull the base image; it must be name@digest"],
            criO.Containerd.Reasons);
        Assert.Equal([$"there is no annotation {Podman}", "config.dump was not written for Podman: it has no rootfsImageID"], criO.Podman.Reasons);
        Assert.Equal((true, true, false), (both.CriO.CanRestore, both.Containerd.CanRestore, both.Podman.CanRestore));
    }

    [Fact]
    public async Task A_later_layer_replaces_an_earlier_one()
    {
        var archive = Tar("""{"annotations":{}}""", KubeConfig);
        var over = new TarBuilder().Add("spec.dump", CriOSpec).Add("status.dump", "{}").Add("config.dump", ContainerdConfig).End();

        var without = await CheckAsync([archive], CriO, Containerd);
        var with = await CheckAsync([archive, over], CriO, Containerd);

        Assert.Equal((false, false), (without.CriO.CanRestore, without.Containerd.CanRestore));
        Assert.Equal((true, true), (with.CriO.CanRestore, with.Containerd.CanRestore));
    }

    [Theory]
    [InlineData(".wh.spec.dump", "there is no spec.dump")]
    [InlineData("checkpoint/.wh.inventory.img", "checkpoint/inventory.img is missing")]
    [InlineData("checkpoint/.wh..wh..opq", "checkpoint/inventory.img is missing")]
    [InlineData(".wh.checkpoint", "checkpoint/inventory.img is missing")]
    [InlineData(".wh..wh..opq", "there is no spec.dump")]
    public async Task Whiteouts_delete_what_is_below(string whiteout, string reason)
    {
        var test = await CheckAsync([Tar(CriOSpec, KubeConfig), new TarBuilder().Add(whiteout, "").End()], CriO);

        Assert.Contains(test.CriO.Reasons, text => text.Contains(reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("no json", "spec.dump is not a JSON object")]
    [InlineData("[]", "spec.dump is not a JSON object")]
    [InlineData("""{"annotations":{"io.kubernetes.cri-o.Annotations":""}}""", "spec.dump has no annotation io.kubernetes.cri-o.Annotations with a JSON object of strings")]
    [InlineData("""{"annotations":{"io.kubernetes.cri-o.Annotations":"{\"a\":1}"}}""", "spec.dump has no annotation io.kubernetes.cri-o.Annotations with a JSON object of strings")]
    public async Task Problems_for_crio_are_reported(string spec, string reason) =>
        Assert.Equal([reason], (await CheckAsync([Tar(spec, KubeConfig)], CriO)).CriO.Reasons);

    [Fact]
    public async Task Members_of_the_wrong_kind_are_reported()
    {
        var tar = new TarBuilder().Add("spec.dump", CriOSpec).Add("config.dump", KubeConfig).Add("checkpoint", "", '2').End();

        var test = await CheckAsync([tar], CriO);

        Assert.Equal(["checkpoint is of kind SymbolicLink instead of a folder"], test.CriO.Reasons);
        Assert.Equal("UnexpectedMember", Assert.Single(test.Findings).Check);
    }

    [Theory]
    [InlineData("checkpoint/a", "../../etc/passwd", true)]
    [InlineData("checkpoint/a", "../config.dump", false)]
    [InlineData("a", "/etc/passwd", true)]
    [InlineData("a", "b/../../c", true)]
    public async Task Links_out_of_the_image_are_errors(string name, string target, bool isError)
    {
        var tar = new TarBuilder().Add("spec.dump", CriOSpec).Add("config.dump", KubeConfig).Add("checkpoint/inventory.img", "x")
            .Header(name, TarBuilder.Octal(0), '2', block => Encoding.UTF8.GetBytes(target).CopyTo(block, 157)).End();

        var test = await CheckAsync([tar], CriO);

        Assert.Equal((!isError, isError ? "Link" : "UnexpectedMember"), (test.IsWhole, Assert.Single(test.Findings).Check));
        Assert.Equal(!isError, test.CriO.CanRestore);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hard_link_in_a_layer_is_the_file_it_leads_to(bool compressed)
    {
        var tar = new TarBuilder().Add("a.dump", CriOSpec).Link("spec.dump", "a.dump").Sparse("b", "1.0", KubeConfig.Length, [(0, KubeConfig.Length)], Encoding.UTF8.GetBytes(KubeConfig))
            .Link("config.dump", "b").Add("checkpoint/inventory.img", "x").End();

        var test = await CheckAsync([compressed ? GzipBytes.Member(tar) : tar], CriO);

        Assert.True(test.CriO.CanRestore, test.CriO.ToString());
        Assert.Empty(test.Findings);
    }

    [Fact]
    public async Task A_hard_link_to_a_layer_below_is_allowed()
    {
        var test = await CheckAsync([Tar(CriOSpec, KubeConfig), new TarBuilder().Link("other.dump", "spec.dump").End()], CriO);

        Assert.Equal((true, "UnexpectedMember"), (test.CriO.CanRestore, Assert.Single(test.Findings).Check));
    }

    [Fact]
    public async Task Zeros_after_the_gzip_data_of_a_layer_are_an_error()
    {
        var test = await CheckAsync([[.. GzipBytes.Member(Tar(CriOSpec, KubeConfig)), .. new byte[512]]], CriO);

        Assert.Contains(test.Findings, finding => finding is { Check: "Padding", Severity: FindingSeverity.Error } && finding.Message.StartsWith("512 zeros", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_path_twice_in_a_layer_is_an_error()
    {
        var test = await CheckAsync([new TarBuilder().Add("spec.dump", CriOSpec).Add("spec.dump", CriOSpec).End()], CriO);

        Assert.Contains(test.Findings, finding => finding is { Check: "ArchiveDamaged", Severity: FindingSeverity.Error });
        Assert.False(test.CriO.CanRestore);
    }

    [Theory]
    [InlineData(new byte[0], "NotAnArchive")]
    [InlineData(new byte[] { 1, 2, 3 }, "NotAnArchive")]
    public async Task A_layer_that_is_not_a_tar_is_an_error(byte[] layer, string check) =>
        Assert.Contains((await CheckAsync([layer], CriO)).Findings, finding => finding.Check == check);

    [Fact]
    public async Task A_layer_cut_short_is_an_error()
    {
        var tar = Tar(CriOSpec, KubeConfig);
        Assert.Contains((await CheckAsync([tar[..1500]], CriO)).Findings, finding => finding.Check == "ArchiveTruncated");
    }

    [Fact]
    public async Task A_docker_manifest_hides_the_annotations_from_all_but_containerd()
    {
        var tar = Tar(CriOSpec, ContainerdConfig, ("status.dump", "{}"));
        var test = await CheckDocumentsAsync([tar], mediaType: "application/vnd.docker.distribution.manifest.v2+json", annotations: [CriO, Containerd, Podman]);

        Assert.Equal((false, true, false), (test.CriO.CanRestore, test.Containerd.CanRestore, test.Podman.CanRestore));
        Assert.Contains(test.Findings, finding => finding.Check == "MediaType");
    }

    [Theory]
    [InlineData("{}", "Platform")]
    [InlineData("""{"os":"windows","architecture":"amd64","rootfs":{"diff_ids":["%"]}}""", "Platform")]
    [InlineData("""{"os":"linux","architecture":"amd64","rootfs":{"diff_ids":[]}}""", "DiffId")]
    [InlineData("""{"os":"linux","architecture":"amd64","rootfs":{"diff_ids":["sha256:1"]}}""", "DiffId")]
    [InlineData("[", "ImageDocumentInvalid")]
    public async Task Impossible_configs_are_errors(string config, string check)
    {
        var test = await CheckDocumentsAsync([Tar(CriOSpec, KubeConfig)], config: config, annotations: [CriO]);

        Assert.Contains(test.Findings, finding => finding.Check == check && finding.Severity == FindingSeverity.Error);
        Assert.False(test.CriO.CanRestore);
    }

    [Fact]
    public async Task A_manifest_that_cannot_be_read_is_a_finding()
    {
        WriteIndex(Blob("no json"u8.ToArray()), Manifest);

        var test = Assert.Single(await CheckAsync(new RestoreImageQuery { Path = At("layout"), Registry = new RegistryOptions() }));

        Assert.Equal(("ImageDocumentInvalid", "manifest"), (Assert.Single(test.Findings).Check, test.Findings[0].Part));
        Assert.Equal((false, false, null), (test.IsWhole, test.CriO.CanRestore, test.Digest));
    }

    [Fact]
    public async Task Behind_an_index_only_containerd_can_find_it_and_only_by_the_annotation_of_the_index()
    {
        var manifest = Image([Tar(CriOSpec, ContainerdConfig, ("status.dump", "{}"))], [CriO, Containerd, Podman], Manifest, null);
        foreach (var (annotations, canRestore) in new[] { ("{}", false), ($$"""{"{{Containerd}}":"c"}""", true) })
        {
            var index = $$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"{{Manifest}}","digest":"{{manifest.Digest}}","size":{{manifest.Size}}}],"annotations":{{annotations}}}""";
            WriteIndex(Blob(Encoding.UTF8.GetBytes(index)), "application/vnd.oci.image.index.v1+json");

            var test = Assert.Single(await CheckAsync(new RestoreImageQuery { Path = At("layout"), Registry = new RegistryOptions() }));

            Assert.Equal((false, canRestore, false), (test.CriO.CanRestore, test.Containerd.CanRestore, test.Podman.CanRestore));
            Assert.Contains(manifest.Digest, test.CriO.Reasons[0], StringComparison.Ordinal);
            Assert.True(test.IsWhole);
        }
    }

    [Fact]
    public async Task Annotations_that_are_only_on_the_descriptor_are_a_finding_and_a_reason_for_every_runtime()
    {
        var manifest = Image([Tar(CriOSpec, ContainerdConfig, ("status.dump", "{}"))], [], Manifest, null);
        var index = $$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"{{Manifest}}","digest":"{{manifest.Digest}}","size":{{manifest.Size}},"annotations":{"{{CriO}}":"c","{{Containerd}}":"c","{{Podman}}":"runc"} }]}""";
        WriteIndex(Blob(Encoding.UTF8.GetBytes(index)), "application/vnd.oci.image.index.v1+json");

        var test = Assert.Single(await CheckAsync(new RestoreImageQuery { Path = At("layout"), Registry = new RegistryOptions() }));

        var finding = Assert.Single(test.Findings, finding => finding.Check == "Annotations");
        Assert.Equal(FindingSeverity.Warning, finding.Severity);
        Assert.Contains("Publish-RestoreImage", finding.Message, StringComparison.Ordinal);
        Assert.Contains($"the annotation {CriO} is only on the descriptor in the index, where it is not read", test.CriO.Reasons);
        Assert.Contains($"the annotation {Containerd} is only on the descriptor in the index, where it is not read", test.Containerd.Reasons);
        Assert.Contains($"the annotation {Podman} is only on the descriptor in the index, where it is not read", test.Podman.Reasons);
    }

    [Fact]
    public async Task An_image_of_ctr_checkpoint_is_a_finding()
    {
        var index = """{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.containerd.container.checkpoint.config.v1+proto","digest":"%","size":9}]}"""
            .Replace("%", Images.Sha256([]), StringComparison.Ordinal);
        WriteIndex(Blob(Encoding.UTF8.GetBytes(index)), "application/vnd.oci.image.index.v1+json");

        var test = Assert.Single(await CheckAsync(new RestoreImageQuery { Path = At("layout"), Registry = new RegistryOptions() }));

        Assert.Equal("ContainerdCheckpointImage", Assert.Single(test.Findings).Check);
        Assert.Equal(["it was made by 'ctr containers checkpoint'"], test.Containerd.Reasons);
    }

    [Fact]
    public async Task The_number_of_findings_is_limited()
    {
        var tar = new TarBuilder();
        for (var i = 0; i < 5000; i++)
            tar.Add($"link{i}", "", '2');

        Assert.InRange((await CheckAsync([tar.End()], CriO)).Findings.Count, 1000, 2000);
    }

    private static byte[] Tar(string spec, string config, params (string Name, string Content)[] more)
    {
        var tar = new TarBuilder().Add("spec.dump", spec).Add("config.dump", config).Add("checkpoint/inventory.img", "x");
        foreach (var (name, content) in more)
            tar.Add(name, content);
        return tar.End();
    }

    private string At(string name) => Path.Combine(_folder.Path, name);

    private Task<RestoreImageTest> CheckAsync(byte[][] layers, params string[] annotations) => CheckDocumentsAsync(layers, Manifest, null, annotations);

    private async Task<RestoreImageTest> CheckDocumentsAsync(byte[][] layers, string mediaType = Manifest, string? config = null, params string[] annotations)
    {
        WriteIndex(Image(layers, annotations, mediaType, config), mediaType);
        return Assert.Single(await CheckAsync(new RestoreImageQuery { Path = At("layout"), Registry = new RegistryOptions() }));
    }

    private static async Task<List<RestoreImageTest>> CheckAsync(RestoreImageQuery query, bool skipLayers = false)
    {
        var tests = new List<RestoreImageTest>();
        await foreach (var test in RestoreImageChecker.CheckAsync(query, skipLayers, null, (_, failure) => throw failure, CancellationToken.None))
            tests.Add(test);
        return tests;
    }

    private (string Digest, int Size) Image(byte[][] layers, string[] annotations, string mediaType, string? config)
    {
        var diffIds = new JsonArray([.. layers.Select(layer => (JsonNode)Images.Sha256(TarOf(layer)))]);
        config = config?.Replace("%", Images.Sha256(layers[0]), StringComparison.Ordinal)
            ?? new JsonObject { ["os"] = "linux", ["architecture"] = "amd64", ["rootfs"] = new JsonObject { ["diff_ids"] = diffIds } }.ToJsonString();
        JsonObject Descriptor(string type, byte[] content)
        {
            var (digest, size) = Blob(content);
            return new JsonObject { ["mediaType"] = type, ["digest"] = digest, ["size"] = size };
        }
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = mediaType,
            ["config"] = Descriptor("application/vnd.oci.image.config.v1+json", Encoding.UTF8.GetBytes(config)),
            ["layers"] = new JsonArray([.. layers.Select(layer => (JsonNode)Descriptor(LayerType(layer), layer))]),
            ["annotations"] = new JsonObject(annotations.Select(key => KeyValuePair.Create<string, JsonNode?>(key, "x"))),
        };
        return Blob(Encoding.UTF8.GetBytes(manifest.ToJsonString()));
    }

    private static byte[] TarOf(byte[] layer)
    {
        if (layer is not [0x1f, 0x8b, ..])
            return layer;
        using var tar = new System.IO.Compression.GZipStream(new MemoryStream(layer), System.IO.Compression.CompressionMode.Decompress);
        using var content = new MemoryStream();
        tar.CopyTo(content);
        return content.ToArray();
    }

    private static string LayerType(byte[] layer) => layer is [0x1f, 0x8b, ..] ? "application/vnd.oci.image.layer.v1.tar+gzip" : "application/vnd.oci.image.layer.v1.tar";

    private (string Digest, int Size) Blob(byte[] content)
    {
        var digest = Images.Sha256(content);
        File.WriteAllBytes(Path.Combine(At("layout"), "blobs", "sha256", digest[7..]), content);
        return (digest, content.Length);
    }

    private void WriteIndex((string Digest, int Size) blob, string mediaType) => File.WriteAllText(
        Path.Combine(At("layout"), "index.json"),
        $$"""{"schemaVersion":2,"manifests":[{"mediaType":"{{mediaType}}","digest":"{{blob.Digest}}","size":{{blob.Size}}}]}""");
}
