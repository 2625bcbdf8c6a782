using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Credentials;
using KubeCheckpoint.Cluster.KubeConfigs;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.Credentials;

public sealed class CredentialPluginTests : IDisposable
{
    private readonly List<PluginScript> _scripts = [];

    public void Dispose() => _scripts.ForEach(script => script.Dispose());

    [UnixFact]
    public async Task Keeps_a_credential_for_all_connections()
    {
        var script = Script(PluginScript.PrintToken("sesame"));
        Assert.Equal("Bearer sesame", await TokenAsync(Connect(script)));
        Assert.Equal("Bearer sesame", await TokenAsync(Connect(script)));
        Assert.Equal(1, script.Runs);
    }

    [UnixFact]
    public async Task Runs_again_for_another_argument_or_cluster()
    {
        var script = Script(PluginScript.PrintToken("sesame"));
        await TokenAsync(Connect(script));
        await TokenAsync(new(CredentialPlugin.For(script.Config with { Arguments = ["--other"] }, null), PluginInteraction.Terminal));
        await TokenAsync(new(CredentialPlugin.For(script.Config, new JsonObject { ["server"] = "https://other" }), PluginInteraction.Terminal));
        Assert.Equal(3, script.Runs);
    }

    [UnixFact]
    public async Task Runs_once_for_callers_that_wait_together()
    {
        var script = Script($"sleep 0.5; {PluginScript.PrintToken("sesame")}");
        var tokens = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => TokenAsync(Connect(script))));
        Assert.All(tokens, token => Assert.Equal("Bearer sesame", token));
        Assert.Equal(1, script.Runs);
    }

    [UnixFact]
    public async Task Reports_one_failure_to_callers_that_wait_together()
    {
        var script = Script("sleep 0.5; exit 7");
        var failures = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Failing.WithAsync("CredentialPluginFailed", () => TokenAsync(Connect(script)))));
        Assert.All(failures, failure => Assert.Contains("exit code 7", failure.Message, StringComparison.Ordinal));
        Assert.Equal(1, script.Runs);
    }

    [UnixFact]
    public async Task Runs_again_when_the_credential_expires()
    {
        var script = Script(
            "end=$(date -u -d '+3 seconds' +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -v+3S +%Y-%m-%dT%H:%M:%SZ)\n" +
            PluginScript.Print("""{"token":"sesame","expirationTimestamp":"'$end'"}"""));
        var credential = Connect(script);
        await TokenAsync(credential);
        await TokenAsync(credential);
        Assert.Equal(1, script.Runs);
        await Task.Delay(TimeSpan.FromSeconds(3.2));
        await TokenAsync(credential);
        Assert.Equal(2, script.Runs);
    }

    [UnixFact]
    public async Task Runs_again_for_a_refused_credential_and_once_for_all_it_was_refused_to()
    {
        var script = Script(PluginScript.Print("""{"token":"'$(wc -l < runs | tr -d ' ')'"}"""));
        var (one, other) = (Connect(script), Connect(script));
        var refused = await one.GetAsync(default);
        Assert.Same(refused, await other.GetAsync(default));

        Assert.Equal("Bearer 2", (await one.RenewAsync(refused, default))!.Authorization!.ToString());
        Assert.Equal("Bearer 2", (await other.RenewAsync(refused, default))!.Authorization!.ToString());
        Assert.Equal("Bearer 2", await TokenAsync(other));
        Assert.Equal(2, script.Runs);
    }

    [UnixFact]
    public async Task Runs_again_for_another_identity_of_the_user()
    {
        const string Variable = "AWS_PROFILE_OF_THIS_TEST";
        var script = Script(PluginScript.PrintToken("sesame"));
        await TokenAsync(Connect(script));
        Environment.SetEnvironmentVariable(Variable, "other");
        try
        {
            await TokenAsync(Connect(script));
        }
        finally
        {
            Environment.SetEnvironmentVariable(Variable, null);
        }

        Assert.Equal(2, script.Runs);
    }

    [UnixFact]
    public async Task A_connection_repeats_a_failure_for_a_while_and_another_connection_tries_again()
    {
        var script = Script("exit 7");
        var credential = Connect(script);
        await Failing.WithAsync("CredentialPluginFailed", () => TokenAsync(credential));
        await Failing.WithAsync("CredentialPluginFailed", () => TokenAsync(credential));
        Assert.Equal(1, script.Runs);

        script.Write("plugin", PluginScript.PrintToken("sesame"));
        Assert.Equal("Bearer sesame", await TokenAsync(Connect(script)));
    }

    [UnixFact]
    public async Task Passes_arguments_variables_and_the_request_to_the_plugin()
    {
        var script = Script($$"""
            printf '%s\n' "$@" > arguments; echo "$CORP_REGION" > variable; echo "$KUBERNETES_EXEC_INFO" > request
            wc -c > input
            {{PluginScript.PrintToken("sesame")}}
            """);
        var config = script.Config with { Arguments = ["get-token", "two words", "", "\"quoted\""], Variables = [new("CORP_REGION", "eu 1")] };
        await TokenAsync(new(CredentialPlugin.For(config, new JsonObject { ["server"] = "https://one" }), PluginInteraction.Terminal));
        Assert.Equal("get-token\ntwo words\n\n\"quoted\"\n", script.Read("arguments"));
        Assert.Equal("eu 1\n", script.Read("variable"));
        Assert.Equal("0", script.Read("input").Trim());
        Assert.Equal(
            """{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false,"cluster":{"server":"https://one"}}}""",
            script.Read("request").Trim());
    }

    [UnixFact]
    public async Task Reports_the_exit_code_with_the_end_of_the_messages()
    {
        var script = Script("echo 'SSO session expired: run corp login' >&2; printf 'red \\033[31m' >&2; exit 7");
        var failure = await FailAsync(script.Config with { InstallHint = "get it from example.invalid" });
        Assert.Contains($"'{script.Config.Command}' of the kubeconfig ended with exit code 7: SSO session expired: run corp login\nred \\u001b[31m", failure.Message, StringComparison.Ordinal);
        Assert.Contains("example.invalid", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(FailureCategory.AuthenticationError, failure.Category);
    }

    [UnixFact]
    public async Task Keeps_the_end_of_many_messages()
    {
        var script = Script("i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done; echo the cause >&2; exit 1");
        var failure = await FailAsync(script.Config);
        Assert.EndsWith("line 1999\nthe cause", failure.Message, StringComparison.Ordinal);
        Assert.True(failure.Message.Length < 5000, $"{failure.Message.Length} characters");
    }

    [UnixFact]
    public async Task Ends_a_plugin_that_does_not_stop_printing()
    {
        var script = Script("yes");
        var failure = await FailAsync(script.Config);
        Assert.Contains("more than 1 MiB", failure.Message, StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task Does_not_wait_for_programs_that_a_plugin_leaves_behind()
    {
        var script = Script($"sleep 20 & echo $! > background; {PluginScript.PrintToken("sesame")}");
        var time = Stopwatch.StartNew();
        Assert.Equal("Bearer sesame", await TokenAsync(Connect(script)));
        Assert.True(time.Elapsed < TimeSpan.FromSeconds(5), $"{time.Elapsed}");
        Process.GetProcessById(int.Parse(script.Read("background"), CultureInfo.InvariantCulture)).Kill();
    }

    [UnixFact]
    public async Task A_cancellation_ends_a_hanging_plugin_with_its_children()
    {
        var script = Script("sleep 60 & echo $! > child; echo $$ > self; wait");
        using var stopping = new CancellationTokenSource();
        var waiting = Connect(script).GetAsync(stopping.Token).AsTask();
        await Eventually(() => File.Exists(script.PathOf("self")) && script.Read("self").Length > 0);
        var time = Stopwatch.StartNew();
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.True(time.Elapsed < TimeSpan.FromSeconds(1), $"{time.Elapsed}");
        await Eventually(() => !IsRunning(script.Read("child")) && !IsRunning(script.Read("self")));
    }

    [UnixFact]
    public async Task The_plugin_goes_on_for_those_who_still_wait()
    {
        var script = Script($"sleep 1; {PluginScript.PrintToken("sesame")}");
        using var stopping = new CancellationTokenSource();
        var (leaving, staying) = (Connect(script).GetAsync(stopping.Token).AsTask(), TokenAsync(Connect(script)));
        await Eventually(() => script.Runs == 1);
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        Assert.Equal("Bearer sesame", await staying);
        Assert.Equal(1, script.Runs);
    }

    [UnixFact]
    public async Task Runs_again_after_a_cancellation()
    {
        var script = Script("sleep 60");
        using var stopping = new CancellationTokenSource();
        var waiting = Connect(script).GetAsync(stopping.Token).AsTask();
        await Eventually(() => script.Runs == 1);
        await stopping.CancelAsync();
        script.Write("plugin", PluginScript.PrintToken("sesame"));
        Assert.Equal("Bearer sesame", await TokenAsync(Connect(script)));
    }

    [UnixFact]
    public async Task A_plugin_that_needs_a_terminal_is_not_run_without_one()
    {
        Assert.True(Console.IsInputRedirected, "Tests run without a terminal.");
        var script = Script(PluginScript.PrintToken("sesame"));
        var failure = await FailAsync(script.Config with { InteractiveMode = "Always" });
        Assert.Contains("needs a terminal", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, script.Runs);

        Assert.Equal("Bearer sesame", await TokenAsync(new(CredentialPlugin.For(script.Config with { InteractiveMode = "IfAvailable" }, null), PluginInteraction.Terminal)));
        Assert.Contains("'Sometimes'", (await FailAsync(script.Config with { InteractiveMode = "Sometimes" })).Message, StringComparison.Ordinal);
    }

    private static PluginCredential Connect(PluginScript script) => new(CredentialPlugin.For(script.Config, null), PluginInteraction.Terminal);

    private static async Task<string> TokenAsync(PluginCredential credential) => (await credential.GetAsync(default)).Authorization!.ToString();

    private static Task<KubeCheckpointException> FailAsync(ExecPluginConfig config) =>
        Failing.WithAsync("CredentialPluginFailed", () => TokenAsync(new(CredentialPlugin.For(config, null), PluginInteraction.Terminal)));

    private static bool IsRunning(string processId)
    {
        try
        {
            using var process = Process.GetProcessById(int.Parse(processId, CultureInfo.InvariantCulture));
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static async Task Eventually(Func<bool> condition)
    {
        var time = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(time.Elapsed < TimeSpan.FromSeconds(10), "It never came true.");
            await Task.Delay(20);
        }
    }

    private PluginScript Script(string body)
    {
        var script = new PluginScript(body);
        _scripts.Add(script);
        return script;
    }
}
