using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using KubeCheckpoint.Archives.Checks;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Core.Tests.Images.Conversion;
using KubeCheckpoint.Core.Tests.Images.Registry;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Images;

/// <summary>
/// What a container removed and created again: unpacked and deleted as CRI-O and Podman do, the image gives the container's files. Base images are
/// in a real registry.
/// </summary>
public sealed class ReplacedFilesTests : IDisposable
{
    private const string CriO = """{"annotations":{"io.container.manager":"cri-o","io.kubernetes.cri-o.Metadata":"{\"name\":\"c\"}"},"mounts":[{"destination":"/data/volume"}]}""";
    private const string Podman = """{"annotations":{"io.container.manager":"libpod"}}""";

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _warnings = [];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(CriO)]
    [InlineData(Podman)]
    public async Task A_folder_that_was_created_again_is_not_deleted(string spec)
    {
        var tree = await RestoreAsync(Archive(spec, ["data/new"], ["/data", "/etc/a"]), Files("data/old", "etc/a", "etc/b"));

        Assert.Equal(["data", "data/new", "data/old", "etc", "etc/b"], tree);
        Assert.Contains("had removed /data and created it again", Assert.Single(_warnings), StringComparison.Ordinal);
        Assert.Contains("'localhost/i:1' is not in a registry", _warnings[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CriO)]
    [InlineData(Podman)]
    public async Task An_image_without_such_a_folder_has_the_archive_alone(string spec)
    {
        foreach (var list in new[] { null, "null", "[]", """["/etc/a","/data2","/dat"]""" })
        {
            var image = await CreateAsync(Archive(spec, ["data/new"], list), "unchanged");
            var (layers, _) = Layers(image);
            Assert.Single(layers);
        }
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task A_file_in_place_of_a_folder_and_a_folder_whose_parent_was_created_again_stay()
    {
        // b/c was removed, then b, and b was created again; d became a file; f is below a link.
        var archive = Archive(CriO, ["b/new", "d", "e -> b", "g/"], ["/b", "/b/c", "/d", "/e/f", "/g"]);

        var (layers, deleted) = Layers(await CreateAsync(archive, "kinds"));

        Assert.Equal(2, layers.Count);
        Assert.Equal(["/b/c"], deleted);
    }

    [Fact]
    public async Task Nested_folders_with_unusual_names_stay()
    {
        const string Name = "a b/ünï\"c\\ode\t/日本";
        var tree = await RestoreAsync(Archive(CriO, [$"{Name}/x"], JsonSerializer.Serialize(new[] { $"/{Name}", "a b", "//gone/./too/" })), Files($"{Name}/y", "gone/too"));

        Assert.Equal(["a b", "a b/ünï\"c\\ode\t", $"{Name}", $"{Name}/x", $"{Name}/y", "gone"], tree.Order(StringComparer.Ordinal));
    }

    [RequiresToolsFact(Tools.Registry)]
    public async Task What_the_image_had_in_the_folder_is_listed_by_its_layers()
    {
        using var registry = new RealRegistry();
        var name = await PushBaseAsync(
            registry,
            Tar("data/", "data/old", "data/same", "data/hidden", "data/deep/older", "data/opaque/below", "data/empty/", "data/wasfolder/x", "lib/", "other"),
            GzipBytes.Member(Tar("data/.wh.hidden", "data/opaque/.wh..wh..opq", "data/opaque/above", "link -> data", "data/sub -> ../lib")),
            Tar("link/through", "link/sub/elsewhere", ".wh.other"));
        var archive = Archive(CriO, ["data/new", "data/same", "data/wasfolder", "data/deep/new"], ["/data", "/etc/a"], name);
        var image = Files("data/old", "data/same", "data/deep/older", "data/opaque/above", "data/through", "data/wasfolder/x", "lib/elsewhere", "etc/a").Folder("data/empty").File("data/sub");

        var tree = await RestoreAsync(archive, image);

        Assert.Equal(
            ["data", "data/deep", "data/deep/new", "data/empty", "data/new", "data/opaque", "data/same", "data/wasfolder", "etc", "lib", "lib/elsewhere"], tree);
        Assert.Empty(_warnings);
    }

    [RequiresToolsFact(Tools.Registry)]
    public async Task A_folder_in_place_of_a_file_of_the_image_is_created_first()
    {
        using var registry = new RealRegistry();
        var name = await PushBaseAsync(registry, Tar("etc/app", "etc/new"));
        var archive = Archive(CriO, ["etc/app/conf"], ["/etc/app"], name);

        Assert.Equal(["etc", "etc/app", "etc/app/conf", "etc/new"], await RestoreAsync(archive, Files("etc/app", "etc/new")));
    }

    [RequiresToolsFact(Tools.Registry)]
    public async Task Files_that_processes_use_are_kept_and_show_what_the_archive_lacks()
    {
        using var registry = new RealRegistry();
        var name = await PushBaseAsync(registry, Tar("data/control", "data/old", "cwd/x", "cwd2/y"));
        var archive = Archive(CriO, ["data/new"], ["/data", "/cwd", "/cwd2"], name, "/data/control", "/data/volume/open", "/cwd");

        var tree = await RestoreAsync(archive, Files("data/control", "data/old", "cwd/x", "cwd2/y"));

        Assert.Equal(["cwd", "data", "data/control", "data/new", "data/old"], tree);
        Assert.Contains("the archive lacks files in it that its processes use", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [RequiresToolsFact(Tools.Registry)]
    public async Task Another_image_or_a_damaged_one_lists_nothing()
    {
        using var registry = new RealRegistry();
        var name = await PushBaseAsync(registry, Tar("data/old"));
        var other = Archive(CriO, ["data/new"], ["/data"], name, id: new string('1', 64));
        Assert.Equal(["data", "data/new", "data/old"], await RestoreAsync(other, Files("data/old")));
        Assert.Contains("leads to another image", Assert.Single(_warnings), StringComparison.Ordinal);

        _warnings.Clear();
        var wrong = await PushBaseAsync(registry, wrongDiffId: true, Tar("data/old"));
        Assert.Equal(["data", "data/new", "data/old"], await RestoreAsync(Archive(CriO, ["data/new"], ["/data"], wrong), Files("data/old")));
        Assert.Contains("its tar has the digest", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [RequiresToolsFact(Tools.Registry)]
    public async Task Credentials_are_for_the_registry_of_the_restore_image_alone()
    {
        using var registry = new RealRegistry(login: true);
        var name = await PushBaseAsync(registry, wrongDiffId: false, Tar("data/old"));
        var archive = await CheckpointArchiveReader.ReadAsync(Archive(CriO, ["data/new"], ["/data"], name), CancellationToken.None);
        var request = new RestoreImageRequest { Archive = archive, Registry = registry.Options(RealRegistry.Password), OnWarning = _warnings.Add };

        await RestoreImageFactory.CreateAsync(request with { Reference = $"{registry.Host}/a:1" }, null, CancellationToken.None);
        Assert.Empty(_warnings);
        await RestoreImageFactory.CreateAsync(request with { Destination = Path.Combine(_folder.Path, "out") }, null, CancellationToken.None);
        Assert.Contains(registry.Host, Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void The_check_of_the_archive_names_what_would_be_lost()
    {
        var findings = ArchiveChecker.Check(Archive(CriO, ["data/new", "d"], ["/data", "/d", "/etc/a"]), CancellationToken.None);

        var replaced = findings.Where(finding => finding.Check == "ReplacedFiles").ToList();
        Assert.Equal(["'/data' was removed", "'/d' was removed"], replaced.Select(finding => finding.Message[..finding.Message.IndexOf(" and", StringComparison.Ordinal)]));
        Assert.All(replaced, finding => Assert.Equal((FindingSeverity.Warning, "deleted.files"), (finding.Severity, finding.Member)));
    }

    [Theory]
    [InlineData("""["/"]""")]
    [InlineData("""["/../etc"]""")]
    [InlineData("[null]")]
    public async Task A_list_that_deletes_more_than_the_containers_files_is_refused(string list)
    {
        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => CreateAsync(Archive(CriO, ["data/new"], list), "refused"));
        Assert.Equal("ArchiveMemberInvalid", failure.ErrorId);
    }

    /// <summary>The paths after a restore of an image of the archive.</summary>
    private async Task<IReadOnlyList<string>> RestoreAsync(string archive, FileTree image)
    {
        var (layers, _) = Layers(await CreateAsync(archive, "image"));
        var members = layers.SelectMany(layer => Converted.ReadTar(new MemoryStream(layer))).GroupBy(member => member.Name).ToDictionary(group => group.Key, group => group.Last().Content);
        return [.. image.UnpackThenDelete(new MemoryStream(members["rootfs-diff.tar"]), members["deleted.files"]).Files.Keys];
    }

    private async Task<RestoreImage> CreateAsync(string archive, string destination) => await RestoreImageFactory.CreateAsync(
        new RestoreImageRequest
        {
            Archive = await CheckpointArchiveReader.ReadAsync(archive, CancellationToken.None),
            Destination = Path.Combine(_folder.Path, destination + Guid.NewGuid().ToString("N")),
            Registry = new RegistryOptions(),
            OnWarning = _warnings.Add,
        },
        null, CancellationToken.None);

    private static (IReadOnlyList<byte[]> Layers, string[] Deleted) Layers(RestoreImage image)
    {
        string BlobAt(string digest) => Path.Combine(image.Destination, "blobs", digest.Replace(':', '/'));
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(BlobAt(image.Digest)));
        List<byte[]> layers = [.. manifest.RootElement.GetProperty("layers").EnumerateArray().Select(layer => File.ReadAllBytes(BlobAt(layer.Text("digest"))))];
        var last = Converted.ReadTar(new MemoryStream(layers[^1])).Where(member => member.Name == "deleted.files").Select(member => member.Content).FirstOrDefault();
        return (layers, last is null ? [] : JsonSerializer.Deserialize<string[]>(last) ?? []);
    }

    private static Task<string> PushBaseAsync(RealRegistry registry, params byte[][] layers) => PushBaseAsync(registry, wrongDiffId: false, layers);

    /// <summary>Pushes an image of layers, compressed or not, and returns its name.</summary>
    private static async Task<string> PushBaseAsync(RealRegistry registry, bool wrongDiffId, params byte[][] layers)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://{registry.Host}/v2/base/") };
        client.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{RealRegistry.User}:{RealRegistry.Password}")));
        async Task<object> PutAsync(string mediaType, byte[] content)
        {
            using var begun = await client.PostAsync(new Uri("blobs/uploads/", UriKind.Relative), null);
            using var sent = await client.PutAsync(new Uri($"{begun.Headers.Location}&digest={Images.Sha256(content)}"), new ByteArrayContent(content));
            sent.EnsureSuccessStatusCode();
            return new { mediaType, digest = Images.Sha256(content), size = content.Length };
        }
        var parts = new List<object>();
        foreach (var layer in layers)
            parts.Add(await PutAsync(OciMediaTypes.LayerOf(layer[0] == 0x1f ? ArchiveCompression.Gzip : ArchiveCompression.None), layer));
        var diffIds = layers.Select(layer => Images.Sha256(wrongDiffId ? [] : layer[0] == 0x1f ? GzipBytes.Read(layer) : layer));
        var config = JsonSerializer.SerializeToUtf8Bytes(new { os = "linux", architecture = "amd64", rootfs = new { type = "layers", diff_ids = diffIds } });
        var manifest = new { schemaVersion = 2, mediaType = OciMediaTypes.Manifest, config = await PutAsync(OciMediaTypes.Config, config), layers = parts };
        var tag = Guid.NewGuid().ToString("N");
        using var body = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(manifest));
        body.Headers.ContentType = new(OciMediaTypes.Manifest);
        using var put = await client.PutAsync(new Uri($"manifests/{tag}", UriKind.Relative), body);
        put.EnsureSuccessStatusCode();
        return $"{registry.Host}/base:{tag}";
    }

    private string Archive(string spec, string[] files, string[] deleted, string? image = null, params string[] inUse) =>
        Archive(spec, files, JsonSerializer.Serialize(deleted), image, id: null, inUse);

    private string Archive(string spec, string[] files, string[] deleted, string image, string id) =>
        Archive(spec, files, JsonSerializer.Serialize(deleted), image, id);

    private string Archive(string spec, string[] files, string? deleted, string? image = null, string? id = null, params string[] inUse)
    {
        var config = JsonSerializer.Serialize(new { id = "0a", name = "c", rootfsImageName = image ?? "localhost/i:1", rootfsImageRef = id ?? "" });
        var tar = new TarBuilder().Add("config.dump", config).Add("spec.dump", spec).Add("rootfs-diff.tar", Tar(files))
            .Add("checkpoint/pstree.img", CriuImageBytes.Of(CriuImageType.Pstree))
            .Add("checkpoint/files.img", CriuImageBytes.Of(CriuImageType.ByName["FILES"], inUse.Select((path, number) => new FileEntry
            {
                Id = (uint)number + 1,
                Type = FdTypes.Reg,
                Reg = new RegFileEntry { Id = (uint)number + 1, Name = path, Mode = path == "/cwd" ? 0x41edu : 0x81a4u },
            })));
        if (deleted is not null)
            tar.Add("deleted.files", deleted);
        return _folder.Write($"{Guid.NewGuid():N}.tar", tar.End());
    }

    private static FileTree Files(params string[] paths)
    {
        var tree = new FileTree();
        foreach (var path in paths)
            tree.File(path);
        return tree;
    }

    private static byte[] Tar(params string[] names)
    {
        using var result = new MemoryStream();
        using (var tar = new TarWriter(result, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var name in names)
            {
                tar.WriteEntry(name.Split(" -> ") is [var link, var target]
                    ? new PaxTarEntry(TarEntryType.SymbolicLink, link) { LinkName = target }
                    : new PaxTarEntry(name.EndsWith('/') ? TarEntryType.Directory : TarEntryType.RegularFile, name));
            }
        }
        return result.ToArray();
    }
}
