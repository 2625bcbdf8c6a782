using System.Net;
using System.Text;
using KubeCheckpoint.Archives.Checks;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Credentials;
using KubeCheckpoint.Cluster.KubeConfigs;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Restore.Patches;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Core.Tests.Images.Registry;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Layout;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Json;

/// <summary>Wherever JSON from outside is read, whatever is wrong with it is an error of this module.</summary>
public sealed class HostileJsonTests : IDisposable
{
    private const string Pod = """
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"n","uid":"u","resourceVersion":"7","creationTimestamp":"2026-01-02T03:04:05Z",
        "deletionTimestamp":"2026-01-02T03:04:05Z","labels":{"a":"b"},"annotations":{"a":"b"},"ownerReferences":[{"kind":"ReplicaSet","name":"r","controller":true}]},
        "spec":{"nodeName":"n","restartPolicy":"Always","containers":[{"name":"c","image":"i","env":[{"name":"A","value":"1"}],"volumeMounts":[{"name":"v","mountPath":"/v"}]}],
        "volumes":[{"name":"v","emptyDir":{}}],"imagePullSecrets":[{"name":"s"}],"tolerations":[{"key":"k"}]},
        "status":{"phase":"Running","podIP":"10.0.0.1","startTime":"2026-01-02T03:04:05Z","conditions":[{"type":"Ready","status":"True"}],
        "containerStatuses":[{"name":"c","ready":true,"restartCount":1,"containerID":"cri-o://a","imageID":"x@sha256:0","state":{"running":{"startedAt":"2026-01-02T03:04:05Z"}},
        "lastState":{"terminated":{"exitCode":1,"signal":9,"reason":"Error","finishedAt":"2026-01-02T03:04:05Z"}}}]}}
        """;

    private static readonly string[] Members =
    [
        """{"id":"0a","name":"k8s_c","rootfsImageName":"i:1","rootfsImageRef":"i@sha256:0","runtime":"runc","createdTime":"2026-01-02T03:04:05Z","OCIRuntime":"runc","restored":false}""",
        """
        {"ociVersion":"1.0","annotations":{"io.container.manager":"cri-o","io.kubernetes.cri-o.Labels":"{\"io.kubernetes.pod.name\":\"p\"}","io.kubernetes.cri-o.Metadata":"{\"name\":\"c\"}",
        "io.kubernetes.cri-o.Created":"2026-01-02T03:04:05Z"},"mounts":[{"destination":"/v","type":"bind","source":"/x","options":["rw"]}],"root":{"path":"/r","readonly":true},
        "process":{"args":["a"],"env":["A=b"],"user":{"uid":1}},"linux":{"namespaces":[{"type":"network","path":"/n"}],"maskedPaths":["/m"]}}
        """,
        """{"podman":{"interfaces":{"eth0":{"subnets":[{"ipnet":"10.88.0.2/16","gateway":"10.88.0.1"}],"mac_address":"0a:58:0a:58:00:02"}}}}""",
        """["/a","b"]""",
        """{"Version":"v1","ContainerName":"c","State":{"ExitCode":0},"CreatedAt":1,"StartedAt":2}""",
    ];

    private static readonly HttpStatusCode[] Refusals = [HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden, HttpStatusCode.NotFound, HttpStatusCode.InternalServerError];

    private static readonly string[] Registries = ["registry.example:5000", "docker.io", "other"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("config.dump", 0)]
    [InlineData("spec.dump", 1)]
    [InlineData("network.status", 2)]
    [InlineData("deleted.files", 3)]
    [InlineData("status", 4)]
    [InlineData("container.log", 4)]
    public async Task In_archives(string name, int template)
    {
        await ReadAllAsync(Members[template], async json =>
        {
            var tar = new TarBuilder();
            foreach (var (other, index) in new[] { ("config.dump", 0), ("spec.dump", 1) }.Where(member => member.Item1 != name))
                tar.Add(other, Members[index]);
            var path = _folder.Write("a.tar", tar.Add(name, json).End());
            await TryAsync(async () => await CheckpointArchiveReader.ReadAsync(path, CancellationToken.None));
            Try(() => FileChangeReader.Read(path, CancellationToken.None).Count());
            Try(() => ArchiveChecker.Check(path, CancellationToken.None));
        });
    }

    [Fact]
    public async Task In_pods_and_manifests() => await ReadAllAsync(Pod, json =>
    {
        var text = Encoding.UTF8.GetString(json);
        var manifest = new PodManifest(text);
        Assert.NotEmpty(manifest.ToString());
        Try(() => PodDocument.Parse(manifest).References().ToString());
        Try(() => PodManifestLabel.Trim(manifest, "x"));
        var document = PodDocument.Parse(new PodManifest(Pod));
        Try(() => ManifestPatch.Apply(document, text));
        return Task.CompletedTask;
    });

    [Fact]
    public async Task In_patches() => await ReadAllAsync(
        """[{"op":"add","path":"/metadata/labels/x","value":"y"},{"op":"move","from":"/spec/volumes/0","path":"/spec/volumes/-"},{"op":"test","path":"/kind","value":"Pod"}]""",
        json =>
        {
            Try(() => ManifestPatch.Apply(PodDocument.Parse(new PodManifest(Pod)), Encoding.UTF8.GetString(json)));
            return Task.CompletedTask;
        });

    [Fact]
    public async Task In_refusals_and_results() => await ReadAllAsync(
        """
        {"kind":"Status","status":"Failure","message":"m","reason":"NonZeroExitCode","code":403,"details":{"kind":"pods","name":"p","causes":[{"reason":"ExitCode","message":"1"}]},
        "metadata":{"continue":"c"},"items":["/var/lib/kubelet/checkpoints/a.tar"],"errors":[{"code":"DENIED","message":"no"}]}
        """,
        json =>
        {
            var text = Encoding.UTF8.GetString(json);
            var server = new Uri("https://server.example:6443");
            var target = new CheckpointTarget("default", "p", "c", "n", default, server);
            foreach (var status in Refusals)
            {
                Assert.NotEmpty(ApiRefusal.ToFailure(new ServerResponse(status, text), server).Message);
                Assert.NotEmpty(CheckpointResponse.ToFailure(new ServerResponse(status, text), target).Message);
            }
            Try(() => CheckpointResponse.NodePath(new ServerResponse(HttpStatusCode.OK, text), target));
            try
            {
                ExecResult.Parse(text, "");
            }
            catch (ExecBrokenException)
            {
                // The failure of a broken exec, which is tried again or reported.
            }
            RegistryErrorBody.MessageOf(json);
            return Task.CompletedTask;
        });

    [Fact]
    public async Task In_lists_of_an_api_server()
    {
        await using var server = new RecordingServer(certificate: null);
        using var client = ClusterClient.Connect(new(_folder.Write("config", Encoding.UTF8.GetBytes(KubeConfigText.Of($"server: 'http://127.0.0.1:{server.Port}'", "")))));
        await ReadAllAsync($$"""{"kind":"PodList","metadata":{"resourceVersion":"1"},"items":[{{Pod.Replace("\n", "", StringComparison.Ordinal)}}]}""", async json =>
        {
            var body = Encoding.UTF8.GetString(json);
            server.Response = $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";
            await TryAsync(async () => await client.GetPodAsync("n", "p", CancellationToken.None));
            await TryAsync(async () => await client.GetNodesAsync(CancellationToken.None));
        });
    }

    [Fact]
    public async Task In_what_credential_plugins_print() => await ReadAllAsync(
        """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t","expirationTimestamp":"2030-01-31T12:00:00Z","clientCertificateData":"c","clientKeyData":"k"}}""",
        json =>
        {
            Try(() => ExecCredential.Parse(new ExecPluginConfig("/", "plugin", "client.authentication.k8s.io/v1"), Encoding.UTF8.GetString(json)));
            return Task.CompletedTask;
        });

    [Theory]
    [InlineData("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"m","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0},"layers":[{"mediaType":"m","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":1}],"annotations":{"a":"b"}}""")]
    [InlineData("""{"schemaVersion":2,"manifests":[{"mediaType":"m","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":1,"platform":{"os":"linux","architecture":"amd64"},"annotations":{"a":"b"}}]}""")]
    [InlineData("""{"os":"linux","architecture":"amd64","created":"2026-01-02T03:04:05Z","rootfs":{"type":"layers","diff_ids":["sha256:0"]},"config":{"Labels":{"a":"b"}}}""")]
    [InlineData("""{"baseImage":"i","baseImageDigest":"sha256:0","mounts":[{"mountPath":"/scratch","origin":"EmptyDir"}]}""")]
    [InlineData("""{"token":"t","access_token":"u","expires_in":60}""")]
    public async Task In_documents_of_images(string template) => await ReadAllAsync(template, json =>
    {
        Try(() => OciDocument.Parse("registry.example", json, null));
        Try(() => OciConfig.Parse("registry.example", json));
        RestoreNeedsLabel.Read(Encoding.UTF8.GetString(json));
        RegistryToken.Parse(json, DateTimeOffset.UnixEpoch);
        return Task.CompletedTask;
    });

    [Fact]
    public async Task In_lists_of_tags()
    {
        using var registry = new FakeRegistry();
        await ReadAllAsync("""{"name":"a","tags":["1","x"]}""", async json =>
        {
            registry.Intercept = request => request.Path.EndsWith("/tags/list", StringComparison.Ordinal) ? new FakeResponse(200) { Bytes = json } : null;
            await TryAsync(async () => await RestoreImageCatalog.ListTagsAsync($"{registry.Host}/a", new RegistryOptions { PlainHttp = true }, CancellationToken.None));
        });
    }

    [Fact]
    public async Task In_files_with_logins() => await ReadAllAsync(
        """{"auths":{"registry.example:5000":{"auth":"YTpi"},"https://index.docker.io/v1/":{"username":"u","password":"p","identitytoken":"t"}},"credHelpers":{"other":"x"},"credsStore":"x"}""",
        async json =>
        {
            var path = _folder.Write("auth.json", json);
            foreach (var registry in Registries)
                await TryAsync(async () => await AuthFile.Load(path).FindAsync(registry, "a", _ => null, CancellationToken.None));
        });

    [Theory]
    [InlineData("oci-layout", """{"imageLayoutVersion":"1.0.0"}""")]
    [InlineData("index.json", """{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":1,"annotations":{"org.opencontainers.image.ref.name":"x"}}]}""")]
    public async Task In_layouts(string name, string template)
    {
        _folder.Write("oci-layout", OciLayoutIndex.Marker);
        _folder.Write("index.json", Encoding.UTF8.GetBytes(OciLayoutIndex.Empty().ToJsonString()));
        await ReadAllAsync(template, json =>
        {
            _folder.Write(name, json);
            Try(() => LayoutStore.Open(_folder.Path, CancellationToken.None).Dispose());
            Try(() => OciLayoutIndex.ThrowIfNotLayout(_folder.Path));
            Try(() => OciLayoutIndex.Load(_folder.Path));
            return Task.CompletedTask;
        });
    }

    private static async Task ReadAllAsync(string template, Func<byte[], Task> read)
    {
        var count = 0;
        foreach (var json in HostileJson.Of(template.Replace("\n", "", StringComparison.Ordinal)))
        {
            try
            {
                await read(json);
                count++;
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"{exception.GetType().Name} for {Encoding.UTF8.GetString(json[..Math.Min(json.Length, 2000)])}: {exception}");
            }
        }
        Assert.True(count > 20);
    }

    private static void Try(Action read) => Try(() =>
    {
        read();
        return 0;
    });

    private static void Try<T>(Func<T> read)
    {
        try
        {
            read();
        }
        catch (KubeCheckpointException failure)
        {
            Assert.NotEqual("UnexpectedFailure", failure.ErrorId);
        }
    }

    private static async Task TryAsync(Func<Task> read)
    {
        try
        {
            await read();
        }
        catch (KubeCheckpointException failure)
        {
            Assert.NotEqual("UnexpectedFailure", failure.ErrorId);
        }
    }
}
