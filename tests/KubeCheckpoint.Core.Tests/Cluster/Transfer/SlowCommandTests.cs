using System.Text;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Credentials;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Core.Tests.Cluster.Transfer;

/// <summary>Commands in pods whose output arrives, but too slowly to be of use.</summary>
public sealed class SlowCommandTests : IDisposable
{
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(300);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task A_transfer_that_drips_ends() => DripAsync(exec => exec.RunAsync("cat", _ => ValueTask.CompletedTask, Silence, default));

    [Fact]
    public Task A_command_whose_output_drips_ends() => DripAsync(exec => exec.RunAsync("ls", Silence, default));

    private async Task DripAsync(Func<PodExec, Task> run)
    {
        var drip = new WireFault("drips output", async connection =>
        {
            await connection.WriteAsync(
                "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n");
            while (true)
            {
                // A message of two bytes: the channel of the output, and a letter.
                await connection.WriteAsync([0x82, 2, 1, (byte)'a']);
                await Task.Delay(50, connection.Stopping);
            }
        });
        await using var server = new FaultServer(drip, _ => true, (_, _) => (500, "", ""));
        var config = _folder.Write("config", Encoding.UTF8.GetBytes(KubeConfigText.Of($"server: '{server.Origin}', proxy-url: ''")));
        using var client = ClusterClient.Connect(new(config), PluginInteraction.None, null, new HttpTimings());

        await Assert.ThrowsAsync<ExecBrokenException>(() => run(new(client.Server.Connection, "shop", "p")).WaitAsync(TimeSpan.FromMinutes(2)));
        Assert.Equal(1, server.Faults);
    }
}
