using System.Text;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.KubeConfigs;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.KubeConfigs;

public sealed class KubeConfigLoaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_missing_file_is_reported() => AssertFailure("KubeConfigNotFound", new("/nowhere/config"), "/nowhere/config");

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("---\n")]
    public void An_empty_file_is_reported(string text) => AssertFailure("KubeConfigInvalid", new(Write("config", text)), "the file is empty");

    [Fact]
    public void An_unreadable_file_is_reported() => AssertFailure("KubeConfigNotFound", new(_folder.Path), _folder.Path);

    [Fact]
    public void An_unknown_context_lists_the_known_ones() =>
        AssertFailure("ContextNotFound", new(Write("config", Config("one", "two")), "three"), "one, two");

    [Fact]
    public void No_current_context_lists_the_known_ones() =>
        AssertFailure("CurrentContextNotSet", new(Write("config", Config("one").Replace("current-context: one", "", StringComparison.Ordinal))), "one");

    [Fact]
    public void A_context_without_a_name_is_listed_as_such() => AssertFailure(
        "CurrentContextNotSet", new(Write("config", "contexts: [{context: {cluster: c}}, {name: two}]")), "Its contexts: one without a name, two.");

    [Fact]
    public void The_contexts_namespace_is_the_default()
    {
        using var client = ClusterClient.Connect(new(Write("config", Config("one", "two")), "two"));
        Assert.Equal("ns-of-two", client.DefaultNamespace);
        Assert.Equal("two", client.Target.Context);
    }

    [Fact]
    public void Contexts_need_no_cluster() =>
        Assert.Equal(["one", "two"], ClusterClient.GetContexts(Write("config", Config("one", "two"))).Select(context => context.Name));

    [Fact]
    public async Task An_unreachable_cluster_is_reported()
    {
        using var client = ClusterClient.Connect(new(Write("config", Config("one"))));
        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => client.GetPodAsync("shop", "web", default));
        Assert.Equal("ClusterUnreachable", failure.ErrorId);
        Assert.Equal(FailureCategory.ConnectionError, failure.Category);
    }

    [Fact]
    public void The_first_file_to_set_a_value_or_an_entry_wins()
    {
        var one = KubeConfigReader.Read(Write("one", """
            clusters: [{name: a, cluster: {server: https://one}}]
            users: [{name: u, user: {token: one}}]
            contexts: [{name: x, context: {cluster: a}}]
            """))!;
        var two = KubeConfigReader.Read(Write("two", """
            current-context: y
            clusters: [{name: a, cluster: {server: https://two, proxy-url: http://p}}, {name: b, cluster: {server: https://b}}]
            users: [{name: u, user: {username: two}}]
            contexts: [{name: x, context: {cluster: b, user: u}}, {name: y, context: {cluster: b, user: u}}]
            """))!;
        var merged = one.MergeWith(two);
        Assert.Equal("y", merged.CurrentContext);
        Assert.Equal(["a https://one ", "b https://b "], merged.Clusters.Select(cluster => $"{cluster.Name} {cluster.Server} {cluster.ProxyUrl}"));
        Assert.Equal(("one", null), (merged.Users.Single().Token, merged.Users.Single().UserName));
        Assert.Equal([("x", "a", null), ("y", "b", "u")], merged.Contexts.Select(context => (context.Name, context.Cluster, context.User)));
        Assert.Equal("x", (two with { CurrentContext = "x" }).MergeWith(one).CurrentContext);
    }

    [Fact]
    public void Of_several_files_the_missing_and_the_empty_ones_are_skipped()
    {
        var sub = Directory.CreateDirectory(Path.Combine(_folder.Path, "sub"));
        var first = Write("first", "users: [{name: u, user: {tokenFile: token}}]");
        File.WriteAllText(Path.Combine(sub.FullName, "second"), Config("one").Replace("token: t", "token: second", StringComparison.Ordinal));
        var list = string.Join(Path.PathSeparator, first, Path.Combine(_folder.Path, "missing"), Write("empty", ""), Path.Combine(sub.FullName, "second"));
        WithVariable("KUBECONFIG", list, () =>
        {
            var access = KubeConfigLoader.Load(new());
            Assert.Equal("https://127.0.0.1:1", access.Cluster.Server);
            Assert.Equal(Path.Combine(_folder.Path, "token"), access.User.TokenFile);
            Assert.Null(access.User.Token);
        });
        WithVariable("KUBECONFIG", Path.Combine(_folder.Path, "missing"), () => AssertFailure("KubeConfigNotFound", new(), "missing"));
    }

    [Theory]
    [InlineData("10.96.0.1", "https://10.96.0.1:443")]
    [InlineData("fd00::1", "https://[fd00::1]:443")]
    public void A_pod_connects_with_its_service_account(string host, string server)
    {
        Write("token", "t0");
        Write("namespace", "shop\n");
        WithVariable("KUBERNETES_SERVICE_HOST", host, () => WithVariable("KUBERNETES_SERVICE_PORT", "443", () =>
        {
            var access = ServiceAccountAccess.Find(_folder.Path)!;
            Assert.Equal((server, "shop", Path.Combine(_folder.Path, "token")), (access.Cluster.Server, access.Namespace, access.User.TokenFile));
            Assert.Null(access.Cluster.CertificateAuthority);
            Write("ca.crt", "pem");
            Assert.Equal(Path.Combine(_folder.Path, "ca.crt"), ServiceAccountAccess.Find(_folder.Path)!.Cluster.CertificateAuthority!.File);
        }));
        WithVariable("KUBERNETES_SERVICE_HOST", null, () => Assert.Null(ServiceAccountAccess.Find(_folder.Path)));
    }

    public void Dispose() => _folder.Dispose();

    private static void WithVariable(string name, string? value, Action action)
    {
        var before = Environment.GetEnvironmentVariable(name);
        Environment.SetEnvironmentVariable(name, value);
        try
        {
            action();
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, before);
        }
    }

    private static void AssertFailure(string errorId, ClusterTarget target, string words)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => ClusterClient.Connect(target));
        Assert.Equal(errorId, failure.ErrorId);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    private string Write(string name, string text) => _folder.Write(name, Encoding.UTF8.GetBytes(text));

    private static string Config(params string[] contexts) => $"""
        apiVersion: v1
        kind: Config
        current-context: {contexts[0]}
        clusters:
        - name: c
          cluster: {"{"}server: "https://127.0.0.1:1"{"}"}
        users:
        - name: u
          user: {"{"}token: t{"}"}
        contexts:
        {string.Join('\n', contexts.Select(name => $"- name: {name}\n  context: {{cluster: c, user: u, namespace: ns-of-{name}}}"))}
        """;
}
