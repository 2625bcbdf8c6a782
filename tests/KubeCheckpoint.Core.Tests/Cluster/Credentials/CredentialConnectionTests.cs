using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.Credentials;

/// <summary>Credentials on their way to the sandbox's API server.</summary>
public sealed partial class CredentialConnectionTests : SandboxTests, IDisposable
{
    private readonly PluginScript _script = new("exit 1");

    public CredentialConnectionTests()
        : base(new(), "admin")
    {
    }

    public void Dispose() => _script.Dispose();

    [UnixFact]
    public async Task Connecting_runs_no_plugin_and_many_requests_run_it_once()
    {
        _script.Write("plugin", PluginScript.PrintToken(Sandbox.Tokens["admin"]));
        using var client = Connect();
        Assert.Equal(0, _script.Runs);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => client.GetNodesAsync(default)));
        using var other = Connect();
        Assert.Equal(3, (await other.GetNodesAsync(default)).Count);
        Assert.Equal(1, _script.Runs);
    }

    [UnixFact]
    public async Task A_refused_token_is_renewed_and_the_request_sent_again_with_its_body()
    {
        _script.Write("plugin", FirstAndThen(PluginScript.PrintToken("stale"), PluginScript.PrintToken(Sandbox.Tokens["admin"])));
        using var client = Connect();
        const string Body = """{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"renewed"}}""";
        var response = await client.Server.CreateAsync("api/v1/namespaces", "renewed", Body, default);
        using var created = client.Server.ReadJson(response);
        Assert.Equal("renewed", created.RootElement.GetProperty("metadata").GetProperty("name").GetString());
        Assert.Equal(2, _script.Runs);
    }

    [UnixFact]
    public async Task A_refused_token_is_renewed_for_a_command_in_a_pod_too()
    {
        _script.Write("plugin", FirstAndThen(PluginScript.PrintToken("stale"), PluginScript.PrintToken(Sandbox.Tokens["admin"])));
        using var client = Connect();
        var (result, output) = await new PodExec(client.Server.Connection, "shop", "web-1").RunAsync("echo one", TimeSpan.FromSeconds(30), default);
        Assert.Equal((0, "one\n"), (result.ExitCode, output));
        Assert.Equal(2, _script.Runs);
    }

    [UnixFact]
    public async Task A_plugin_whose_tokens_are_always_refused_runs_twice()
    {
        _script.Write("plugin", PluginScript.PrintToken("nonsense"));
        using var client = Connect();
        for (var request = 0; request < 3; request++)
            await Failing.WithAsync("Unauthorized", () => client.GetNodesAsync(default));
        Assert.Equal(2, _script.Runs);
    }

    [UnixFact]
    public async Task A_client_certificate_of_a_plugin_authenticates_and_a_refused_one_is_replaced()
    {
        var kubeConfig = await File.ReadAllTextAsync(Sandbox.KubeConfigPath);
        var (certificate, key) = (Decode(ClientCertificate().Match(kubeConfig)), Decode(ClientKey().Match(kubeConfig)));
        var (other, otherKey) = SelfSigned.Issue();
        _script.Write("plugin", FirstAndThen(PrintCertificate(other, otherKey), PrintCertificate(certificate, key)));
        using var client = Connect();
        Assert.Equal(3, (await client.GetNodesAsync(default)).Count);
        Assert.Equal(2, _script.Runs);
    }

    [UnixFact]
    public async Task A_failing_plugin_is_the_failure_of_the_request()
    {
        _script.Write("plugin", "echo 'SSO session expired' >&2; exit 7");
        using var client = Connect();
        var failure = await Failing.WithAsync("CredentialPluginFailed", () => client.GetNodesAsync(default));
        Assert.Contains("exit code 7: SSO session expired", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_file_beside_the_kubeconfig_is_read_again_when_it_changes()
    {
        await File.WriteAllTextAsync(_script.PathOf("tok"), "stale\n");
        using var client = Connect("{token: nonsense, tokenFile: tok}");
        await Failing.WithAsync("Unauthorized", () => client.GetNodesAsync(default));
        await File.WriteAllTextAsync(_script.PathOf("tok"), Sandbox.Tokens["admin"] + "\n");
        Assert.Equal(3, (await client.GetNodesAsync(default)).Count);
        File.Delete(_script.PathOf("tok"));
        var failure = await Failing.WithAsync("TokenFileInvalid", () => client.GetNodesAsync(default));
        Assert.Contains(_script.PathOf("tok"), failure.Message, StringComparison.Ordinal);
    }

    private static string PrintCertificate(string certificate, string key) =>
        PluginScript.Print($$"""{"clientCertificateData":{{JsonSerializer.Serialize(certificate)}},"clientKeyData":{{JsonSerializer.Serialize(key)}}}""");

    private static string FirstAndThen(string first, string then) => $"if [ $(wc -l < runs) = 1 ]; then {first}; else {then}; fi";

    private static string Decode(Match match) => Encoding.UTF8.GetString(Convert.FromBase64String(match.Groups[1].Value));

    [GeneratedRegex("client-certificate-data: (.*)")]
    private static partial Regex ClientCertificate();

    [GeneratedRegex("client-key-data: (.*)")]
    private static partial Regex ClientKey();

    private ClusterClient Connect(string user = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never}}")
    {
        var kubeConfig = File.ReadAllText(Sandbox.KubeConfigPath);
        var clusters = kubeConfig[..kubeConfig.IndexOf("contexts:", StringComparison.Ordinal)];
        File.WriteAllText(_script.PathOf("config"), $$"""
            {{clusters}}contexts:
            - name: admin
              context: {cluster: sandbox, user: me}
            users:
            - name: me
              user: {{user}}
            """);
        return ClusterClient.Connect(new(_script.PathOf("config"), null));
    }
}
