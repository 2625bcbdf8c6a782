using System.Collections.Concurrent;
using KubeCheckpoint.Cluster.Moves;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Sandbox;

namespace KubeCheckpoint.Core.Tests.Cluster.Moves;

/// <summary>A pod that stands still and the condition by which Services choose their endpoints.</summary>
public sealed class EndpointWithdrawalTests() : SandboxTests(new SandboxOptions { StatusPeriod = TimeSpan.FromMilliseconds(300) }, "admin")
{
    private readonly ConcurrentQueue<string> _remarks = new();

    [Fact]
    public async Task The_pod_is_kept_out_whenever_the_kubelet_puts_its_condition_back_and_not_afterwards()
    {
        await using (EndpointWithdrawal.Start(Client, await PodAsync(), _remarks.Enqueue))
        {
            await UntilAsync(async () => !(await PodAsync()).IsReady);
            await UntilAsync(() => Task.FromResult(Patches >= 3));
            await UntilAsync(async () => !(await PodAsync()).IsReady);
        }

        await UntilAsync(async () => (await PodAsync()).IsReady);
        var patches = Patches;
        await Task.Delay(TimeSpan.FromMilliseconds(600));
        Assert.Equal(patches, Patches);
        Assert.Empty(_remarks);
    }

    [Fact]
    public async Task A_pod_that_replaces_it_is_left_alone()
    {
        var pod = await PodAsync();
        await using (EndpointWithdrawal.Start(Client, pod with { PodUid = "0b8f0d5c-0000-4000-8000-000000000000" }, _remarks.Enqueue))
            await Task.Delay(TimeSpan.FromMilliseconds(300));

        Assert.Equal(0, Patches);
    }

    [Fact]
    public async Task Without_the_right_it_is_a_remark()
    {
        Sandbox.AddFault(new()
        {
            Server = SandboxServer.ApiServer,
            Method = "PATCH",
            PathContains = "/web-1/status",
            Status = 403,
            Body = """{"kind":"Status","message":"pods \"web-1\" is forbidden: User \"eve\" cannot patch resource \"pods/status\" in API group \"\" in the namespace \"shop\""}""",
            Times = int.MaxValue,
        });

        await using (EndpointWithdrawal.Start(Client, await PodAsync(), _remarks.Enqueue))
            await UntilAsync(() => Task.FromResult(!_remarks.IsEmpty));

        Assert.Contains("Services sent it connections", Assert.Single(_remarks), StringComparison.Ordinal);
        Assert.Contains("pods/status", _remarks.Single(), StringComparison.Ordinal);
        Assert.True((await PodAsync()).IsReady);
    }

    [Fact]
    public async Task A_server_that_fails_is_asked_again()
    {
        Sandbox.AddFault(new() { Server = SandboxServer.ApiServer, Method = "PATCH", PathContains = "/web-1/status", Status = 400 });

        await using (EndpointWithdrawal.Start(Client, await PodAsync(), _remarks.Enqueue))
            await UntilAsync(async () => !(await PodAsync()).IsReady);

        Assert.Empty(_remarks);
    }

    private int Patches => Sandbox.Requests.Count(request => request.Method == "PATCH" && request.Path.Contains("/web-1/status", StringComparison.Ordinal));

    private Task<Pod> PodAsync() => Client.GetPodAsync("shop", "web-1", default);

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await condition())
            await Task.Delay(20, limit.Token);
    }
}
