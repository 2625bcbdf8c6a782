using System.Security.Cryptography.X509Certificates;
using System.Text;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Credentials;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Http;

/// <summary>
/// Every fault of <see cref="WireFault"/> at every kind of request. Each ends in a success or a failure of the module's own, soon, after few
/// requests, and without a secret at another origin.
/// </summary>
public sealed class FaultTableTests : IDisposable
{
    private const string Secret = "PLANTED";
    private const string IdentityUser = "<token>";
    private const string Node = """{"kind":"Node","apiVersion":"v1","metadata":{"name":"n1"}}""";
    private const string Pod = """{"kind":"Pod","apiVersion":"v1","metadata":{"name":"p","namespace":"shop","uid":"1","resourceVersion":"1"}}""";
    private const int MostRequests = 30;
    private const int MostAttempts = 10;
    private const int MostAtOnce = 64;

    // What is a limit for an attack elsewhere is one for a busy machine here.
    private static readonly TimeSpan End = TimeSpan.FromMinutes(2);

    private static readonly RegistryTimings Timings = new()
    {
        Connect = TimeSpan.FromSeconds(1.5),
        Stall = TimeSpan.FromSeconds(1.5),
        SmallBody = TimeSpan.FromSeconds(2),
        LongestDeadline = TimeSpan.FromSeconds(2),
        FirstDelay = TimeSpan.FromMilliseconds(2),
    };

    private static readonly byte[] Blob = Encoding.UTF8.GetBytes("""{"blob":true}""");

    private readonly TemporaryFolder _folder = new();
    private readonly TestAuthority _authority = new("kubelet");

    private static readonly (string Name, string Line)[] RegistryRequests =
    [
        ("ping", "GET /v2/"),
        ("manifest", "GET /v2/a/b/manifests/1"),
        ("digest", "HEAD /v2/a/b/manifests/1"),
        ("tags", "GET /v2/a/b/tags/list?n=1000"),
        ("blob", "GET /v2/a/b/blobs/*"),
        ("stream", "GET /v2/a/b/blobs/*"),
        ("push", "PUT /v2/a/b/manifests/1"),
        ("token", "GET /token?*"),
        ("identity", "POST /token"),
    ];

    private static readonly (string Name, string Line)[] ApiRequests =
    [
        ("get", "GET /api/v1/nodes/n1"),
        ("list", "GET /api/v1/namespaces/shop/pods?limit*"),
        ("create", "POST /api/v1/namespaces/shop/pods?*"),
        ("review", "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),
        ("watch", "GET /api/v1/namespaces/shop/pods?watch=1*"),
        ("exec", "GET /api/v1/namespaces/shop/pods/p/exec?*"),
    ];

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public Task A_registry() => ShowAllAsync(RegistryRequests, RespondAsRegistry, AskRegistryAsync);

    [Fact]
    public Task A_server_of_the_cluster() => ShowAllAsync(ApiRequests, RespondAsApiServer, AskApiServerAsync);

    [Fact]
    public async Task A_kubelet_which_gets_no_second_request_for_a_checkpoint_that_it_may_have_made()
    {
        using var certificate = _authority.Issue(["127.0.0.1"]);
        await ShowAllAsync(
            [("checkpoint", "POST /checkpoint/*")],
            (_, _, _) => (200, "", """{"kind":"PodList","items":[]}"""),
            async (_, server) =>
            {
                using var kubelet = KubeletClient.Connect(new() { Uri = new(server.Origin), Token = Secret, SkipCertificateCheck = true }, Timings);
                using var checkpointer = new ContainerCheckpointer(kubelet);
                var request = new CheckpointRequest { Namespace = "shop", PodName = "p", ContainerName = "c" };
                var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => checkpointer.CheckpointAsync(request, null, CancellationToken.None));
                Assert.InRange(server.Faults, 1, failure.ErrorId == "KubeletUnavailable" ? 3 : 1);
            },
            certificate);
    }

    private static async Task ShowAllAsync(
        (string Name, string Line)[] requests,
        Func<string, FaultServer, string, (int Status, string Headers, string Body)> respond,
        Func<string, FaultServer, Task> ask,
        X509Certificate2? certificate = null)
    {
        var cases = requests.SelectMany(request => WireFault.All.Select(fault => (request.Name, request.Line, fault)));

        using var gate = new SemaphoreSlim(MostAtOnce);

        var problems = await Task.WhenAll(cases.Select(pair => Task.Run(() => EnterAsync(pair.Name, pair.Line, pair.fault))));

        Assert.Equal([], problems.OfType<string>());

        async Task<string?> EnterAsync(string name, string line, WireFault fault)
        {
            await gate.WaitAsync();
            try
            {
                return await ShowAsync(name, line, fault, attempt: 1);
            }
            finally
            {
                gate.Release();
            }
        }

        async Task<string?> ShowAsync(string name, string line, WireFault fault, int attempt)
        {
            await using var other = FaultServer.Faultless();
            await using var server = new FaultServer(
                fault, asked => IsFor(line, asked), (server, asked) => respond(name, server, asked), other.Origin, certificate);
            var outcome = await OutcomeAsync(() => ask(name, server));

            // On a busy machine the short limits of this test end even a good response.
            if (server.Faults == 0 && attempt < MostAttempts)
                return await ShowAsync(name, line, fault, attempt + 1);
            return outcome is not null ? $"{name} {fault}: {outcome}"
                : server.Faults == 0 ? $"{name} {fault}: not met"
                : server.Requests.Count + other.Requests.Count > MostRequests ? $"{name} {fault}: {server.Requests.Count} and {other.Requests.Count} requests"
                : other.Requests.FirstOrDefault(HasSecret) is { } leak ? $"{name} {fault}: {leak}"
                : null;
        }
    }

    private static bool IsFor(string line, string asked) =>
        line.EndsWith('*') ? asked.StartsWith(line[..^1], StringComparison.Ordinal) : asked == line;

    private static bool HasSecret(string request) =>
        request.Contains(Secret, StringComparison.Ordinal) || request.Contains("\nAuthorization:", StringComparison.OrdinalIgnoreCase);

    private static async Task<string?> OutcomeAsync(Func<Task> ask)
    {
        try
        {
            await ask().WaitAsync(End);
            return null;
        }
        catch (KubeCheckpointException failure)
        {
            return failure.ToString().Contains(Secret, StringComparison.Ordinal) ? failure.ToString() : null;
        }
        catch (ExecBrokenException)
        {
            // Whoever runs the command tries again, or gives up with a failure.
            return null;
        }
        catch (Exception exception)
        {
            return exception.ToString();
        }
    }

    private static (int Status, string Headers, string Body) RespondAsRegistry(string name, FaultServer server, string asked) => asked switch
    {
        "GET /v2/" when name is "token" or "identity" => (401, $"WWW-Authenticate: Bearer realm=\"{server.Origin}/token\",service=\"s\"\r\n", ""),
        _ when asked.StartsWith("PUT ", StringComparison.Ordinal) => (201, "", ""),
        _ => (200, "", "{}"),
    };

    private static (int Status, string Headers, string Body) RespondAsApiServer(string name, FaultServer server, string asked) => asked switch
    {
        _ when asked.StartsWith("GET /api/v1/nodes/", StringComparison.Ordinal) => (200, "", Node),
        _ when asked.StartsWith("GET /api/v1/namespaces/shop/pods/p", StringComparison.Ordinal) => (200, "", Pod),
        _ => (200, "", "{}"),
    };

    private static async Task AskRegistryAsync(string request, FaultServer server)
    {
        var isIdentity = request == "identity";
        var options = new RegistryOptions { Timings = Timings, Credential = new(isIdentity ? IdentityUser : "user", Secret), PlainHttp = true };
        var image = ImageReference.Parse($"{new Uri(server.Origin).Authority}/a/b:1");
        using var registry = await RegistryClient.OpenForPullAsync(image, options, CancellationToken.None);
        var pull = new RegistryPull(registry);
        var blob = new OciDescriptor("application/json", Digest.Of(Blob), Blob.Length);
        switch (request)
        {
            case "ping" or "manifest" or "token" or "identity":
                await pull.FindManifestAsync("1", CancellationToken.None);
                break;
            case "digest":
                await pull.FindDigestAsync("1", CancellationToken.None);
                break;
            case "tags":
                await foreach (var _ in pull.ListTagsAsync(CancellationToken.None))
                {
                }
                break;
            case "blob":
                await pull.ReadBlobAsync(blob, 1024, CancellationToken.None);
                break;
            case "stream":
                // It blocks its thread.
                await Task.Factory.StartNew(() => Read(pull, blob), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                break;
            default:
                await new RegistryPush(registry, null).PushManifestAsync(OciBlob.Of(OciMediaTypes.Manifest, Blob), "1", CancellationToken.None);
                break;
        }
    }

    private static void Read(RegistryPull pull, OciDescriptor blob)
    {
        using var source = pull.OpenBlob(blob, CancellationToken.None);
        source.Read(new byte[Blob.Length], 0);
    }

    private async Task AskApiServerAsync(string request, FaultServer server)
    {
        var config = _folder.Write(
            $"{Guid.NewGuid():N}", Encoding.UTF8.GetBytes(KubeConfigText.Of($"server: '{server.Origin}', proxy-url: ''", $"token: {Secret}")));
        using var client = ClusterClient.Connect(new(config), PluginInteraction.None, null, Timings);
        switch (request)
        {
            case "get":
                await client.GetNodeAsync("n1", CancellationToken.None);
                break;
            case "list":
                await foreach (var _ in client.GetPodsAsync(new(), _ => { }, CancellationToken.None))
                {
                }
                break;
            case "create":
                var response = await client.Server.CreateAsync("api/v1/namespaces/shop/pods", "p", Pod, CancellationToken.None);
                Assert.NotNull(response.Reason);
                break;
            case "review":
                using (await client.Server.ReviewAsync("apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "{}", CancellationToken.None))
                    break;
            case "watch":
                using (var watcher = new PodWatcher(client.Pods, client.Target, "shop", "p"))
                {
                    await watcher.NextAsync(CancellationToken.None);
                    await watcher.NextAsync(CancellationToken.None);
                }
                break;
            default:
                var exec = new PodExec(client.Server.Connection, "shop", "p");
                await exec.RunAsync("true", TimeSpan.FromSeconds(1), CancellationToken.None);
                break;
        }
    }
}
