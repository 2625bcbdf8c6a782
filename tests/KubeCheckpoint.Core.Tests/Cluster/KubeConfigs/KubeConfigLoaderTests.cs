using KubeCheckpoint.Cluster.Clients;

namespace KubeCheckpoint.Core.Tests.Cluster.Connections;

public sealed class KubeConfigLoaderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kubecheckpoint-");

    [Fact]
    public void A_missing_file_is_reported() => AssertFailure("KubeConfigNotFound", new("/nowhere/config"), "/nowhere/config");

    [Theory]
    [InlineData("")]
    [InlineData("kind: [")]
    [InlineData("just text")]
    public void An_invalid_kubeconfig_is_reported(string text)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => ClusterClient.Connect(new(Write("config", text))));
        Assert.True(failure.ErrorId is "KubeConfigInvalid" or "CurrentContextNotSet", failure.ErrorId);
    }

    [Fact]
    public void An_unknown_context_lists_the_known_ones() =>
        AssertFailure("ContextNotFound", new(Write("config", Config("one", "two")), "three"), "one, two");

    [Fact]
    public void No_current_context_lists_the_known_ones() =>
        AssertFailure("CurrentContextNotSet", new(Write("config", Config("one").Replace("current-context: one", "", StringComparison.Ordinal))), "one");

    [Fact]
    public void The_contexts_namespace_is_the_default()
    {
        using var client = ClusterClient.Connect(new(Write("config", Config("one", "two")), "two"));
        Assert.Equal("ns-of-two", client.DefaultNamespace);
        Assert.Equal("two", client.Target.Context);
    }

    [Fact]
    public void Contexts_need_no_cluster() => Assert.Equal(["one", "two"], ClusterClient.GetContexts(Write("config", Config("one", "two"))).Select(context => context.Name));

    [Fact]
    public async Task An_unreachable_cluster_is_reported()
    {
        using var client = ClusterClient.Connect(new(Write("config", Config("one"))));
        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => client.GetPodAsync("shop", "web", default));
        Assert.Equal("ClusterUnreachable", failure.ErrorId);
        Assert.Equal(FailureCategory.ConnectionError, failure.Category);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static void AssertFailure(string errorId, ClusterTarget target, string words)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => ClusterClient.Connect(target));
        Assert.Equal(errorId, failure.ErrorId);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

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
