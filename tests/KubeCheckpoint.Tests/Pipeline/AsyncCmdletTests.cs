using System.Diagnostics;
using System.Management.Automation;
using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests.Pipeline;

/// <summary>However a pipeline ends, the base class of cmdlets cancels the work and waits for it, and nothing is left behind.</summary>
public sealed class AsyncCmdletTests : IDisposable
{
    private const string FirstPage = """
        {"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1","continue":"more"},"items":[
          {"metadata":{"name":"web-1","namespace":"default","uid":"u1"},"spec":{"nodeName":"node1","containers":[{"name":"app","image":"i"}]},"status":{"phase":"Running"}},
          {"metadata":{"name":"web-2","namespace":"default","uid":"u2"},"spec":{"nodeName":"node1","containers":[{"name":"app","image":"i"}]},"status":{"phase":"Running"}}]}
        """;

    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);

    private readonly ModuleSession _session = new();

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("Get-Pod -KubeConfig $args[0]")]
    [InlineData("'a', 'b', 'c' | Get-Pod -KubeConfig $args[0] | Invoke-ContainerCheckpoint")]
    [InlineData("'a', 'b', 'c' | Invoke-ContainerCheckpoint -KubeConfig $args[0]")]
    public void Stop_ends_work_on_a_server_that_never_responds_within_a_second(string script)
    {
        using var server = new SilentServer();
        using var shell = _session.Prepare(script, server.KubeConfig);
        var running = shell.BeginInvoke();
        server.WaitForSilence();

        var clock = Stopwatch.StartNew();
        shell.Stop();

        Assert.True(clock.Elapsed < OneSecond, $"It took {clock.Elapsed}.");
        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(running));
        AssertNothingIsLeft(server);
    }

    [Fact]
    public void Writes_a_page_while_the_next_one_is_still_awaited()
    {
        using var server = new SilentServer(FirstPage);
        using var shell = _session.Prepare("Get-Pod -KubeConfig $args[0]", server.KubeConfig);
        using var output = new PSDataCollection<PSObject>();
        shell.BeginInvoke<PSObject, PSObject>(null, output);
        server.WaitForSilence();

        SpinWait.SpinUntil(() => output.Count == 2, TimeSpan.FromSeconds(5));

        Assert.Equal(["web-1", "web-2"], output.ReadAll().Select(pod => pod.Properties["PodName"].Value));
        shell.Stop();
    }

    [Fact]
    public void A_failing_downstream_cmdlet_cancels_the_work_immediately()
    {
        using var server = new SilentServer(FirstPage);

        var clock = Stopwatch.StartNew();
        var outcome = _session.Run("Get-Pod -KubeConfig $args[0] | ForEach-Object { throw 'enough' }", server.KubeConfig);

        Assert.Equal("enough", outcome.Terminating?.Message);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"It took {clock.Elapsed}.");
        AssertNothingIsLeft(server);
    }

    [Fact]
    public void Leaving_a_loop_cancels_the_work()
    {
        using var server = new SilentServer(FirstPage);

        // The bare engine has no Select-Object -First; 'break' ends a pipeline through WriteObject in the same way.
        var outcome = _session.Run("foreach ($once in 1) { Get-Pod -KubeConfig $args[0] | ForEach-Object { $_; break } }", server.KubeConfig);

        Assert.Equal("web-1", outcome.Single.Properties["PodName"].Value);
        AssertNothingIsLeft(server);
    }

    [Fact]
    public void A_list_that_never_ends_is_cancelled()
    {
        var page = """{"kind":"PodList","apiVersion":"v1","metadata":{"continue":"same"},"items":[]}""";
        using var server = new SilentServer([.. Enumerable.Repeat(page, 200)]);

        Assert.Equal("UnexpectedAnswer", _session.Run("Get-Pod -KubeConfig $args[0]", server.KubeConfig).ErrorId);
    }

    [Fact]
    public void ErrorAction_stop_ends_the_pipeline_at_the_first_failure()
    {
        var outcome = _session.Run("Get-CheckpointArchive no-1.tar, no-2.tar -ErrorAction Stop");

        Assert.StartsWith("PathMatchesNothing", outcome.Terminating?.ErrorRecord.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_failure_is_an_error_record_and_the_pipeline_continues()
    {
        var fixture = Fixture.Archive("crio-counter.tar");
        var outcome = _session.Run("Get-CheckpointArchive no-1.tar, $args[0], no-2.tar", fixture);

        Assert.Equal(2, outcome.Errors.Count);
        Assert.Equal("counter", Assert.Single(outcome.Output).Properties["PodName"].Value);
        Assert.All(outcome.Errors, error =>
        {
            Assert.Equal("PathMatchesNothing,KubeCheckpoint.Cmdlets.GetCheckpointArchiveCommand", error.FullyQualifiedErrorId);
            Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
            Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        });
    }

    private static void AssertNothingIsLeft(SilentServer server) =>
        Assert.True(SpinWait.SpinUntil(() => server.Open == 0, OneSecond), $"{server.Open} connections are still open.");
}
