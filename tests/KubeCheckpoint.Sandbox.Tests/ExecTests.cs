using System.Net.WebSockets;
using System.Text;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Sandbox.Tests;

/// <summary>Exec runs commands of this machine; on Windows it fails.</summary>
public sealed class ExecTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    private const string Namespace = "kube-checkpoint";
    private readonly SandboxCluster _cluster = sandbox.Cluster;
    private readonly Caller _admin = sandbox.Admin;

    [Theory]
    [InlineData("v5.channel.k8s.io")]
    [InlineData("v4.channel.k8s.io")]
    public async Task Output_is_the_file_byte_for_byte(string protocol)
    {
        var pod = await HelperAsync();
        var content = File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, "fixtures", "archives", "crio-counter.tar"));
        await File.WriteAllBytesAsync(Path.Join(_cluster.CheckpointFolder("node1"), $"{protocol}.tar"), content);

        (var output, _, var status) = await _admin.ExecAsync(Namespace, pod, ["cat", $"/checkpoints/{protocol}.tar"], protocol);

        Assert.Equal(content, output);
        Assert.Equal("""{"metadata":{},"status":"Success"}""", status!.ToJsonString());
    }

    [Fact]
    public async Task Paths_of_the_node_appear_as_in_the_container()
    {
        var pod = await HelperAsync();
        await File.WriteAllTextAsync(Path.Join(_cluster.CheckpointFolder("node1"), "paths.txt"), "x");
        (var output, _, _) = await _admin.ExecAsync(Namespace, pod, ["sh", "-c", "ls /checkpoints/paths.txt; echo /not/checkpoints/x"]);
        Assert.Equal("/checkpoints/paths.txt\n/not/checkpoints/x\n", Encoding.UTF8.GetString(output));

        (_, var error, var status) = await _admin.ExecAsync(Namespace, pod, ["cat", "/checkpoints/none"]);
        Assert.Contains("/checkpoints/none: No such file or directory", error, StringComparison.Ordinal);
        Assert.DoesNotContain("nodes", error, StringComparison.Ordinal);
        Assert.Equal("NonZeroExitCode", status!["reason"]!.GetValue<string>());
        Assert.Equal("1", status["details"]!["causes"]![0]!["message"]!.GetValue<string>());
    }

    [Fact]
    public async Task Exit_status_and_input_are_passed_on()
    {
        var pod = await HelperAsync();
        (_, _, var status) = await _admin.ExecAsync(Namespace, pod, ["sh", "-c", "exit 42"]);
        Assert.Equal("42", status!["details"]!["causes"]![0]!["message"]!.GetValue<string>());
        (var output, _, _) = await _admin.ExecAsync(Namespace, pod, ["wc", "-c"], input: "12345");
        Assert.Equal("5", Encoding.UTF8.GetString(output).Trim());
    }

    [Fact]
    public async Task Missing_commands_are_reported_as_each_runtime_does()
    {
        (_, var error, var status) = await _admin.ExecAsync(Namespace, await HelperAsync(), ["no-such-command"]);
        Assert.Contains("not found in $PATH", error, StringComparison.Ordinal);
        Assert.Equal("255", status!["details"]!["causes"]![0]!["message"]!.GetValue<string>());
        (_, _, status) = await _admin.ExecAsync(Namespace, await HelperAsync("node3"), ["no-such-command"]);
        Assert.Equal("InternalError", status!["reason"]!.GetValue<string>());
    }

    [Fact]
    public async Task Files_on_a_read_only_mount_cannot_be_removed()
    {
        var file = Path.Join(_cluster.CheckpointFolder("node1"), "kept.txt");
        await File.WriteAllTextAsync(file, "x");
        (_, var error, var status) = await _admin.ExecAsync(Namespace, await HelperAsync(), ["rm", "-f", "/checkpoints/kept.txt"]);
        Assert.Equal("rm: can't remove '/checkpoints/kept.txt': Read-only file system\n", error);
        Assert.Equal("Failure", status!["status"]!.GetValue<string>());
        Assert.True(File.Exists(file));

        (_, _, status) = await _admin.ExecAsync(Namespace, await HelperAsync(readOnly: false), ["rm", "/checkpoints/kept.txt"]);
        Assert.Equal("Success", status!["status"]!.GetValue<string>());
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task Faults_cut_and_truncate_output()
    {
        var pod = await HelperAsync();
        string[] command = ["dd", "if=/dev/zero", "bs=1000", "count=100"];
        _cluster.AddFault(new SandboxFault { PathContains = $"{pod}/exec", TruncateAfterBytes = 10 });
        (var output, _, var status) = await _admin.ExecAsync(Namespace, pod, command);
        Assert.Equal(10, output.Length);
        Assert.Equal("Success", status!["status"]!.GetValue<string>());

        _cluster.AddFault(new SandboxFault { PathContains = $"{pod}/exec", CutAfterBytes = 10 });
        await Assert.ThrowsAnyAsync<WebSocketException>(() => _admin.ExecAsync(Namespace, pod, command));
    }

    [Theory]
    [InlineData("limited-user", 403)]
    [InlineData("checkpointer", 403)]
    public async Task Exec_requires_permission(string user, int expected)
    {
        var pod = await HelperAsync();
        using var caller = Caller.WithToken(_cluster, user);
        var exception = await Assert.ThrowsAsync<WebSocketException>(() => caller.ExecAsync(Namespace, pod, ["true"]));
        Assert.Contains($"'{expected}'", exception.Message, StringComparison.Ordinal);
        using var able = Caller.WithToken(_cluster, "operator");
        (_, _, var status) = await able.ExecAsync(Namespace, pod, ["true"]);
        Assert.Equal("Success", status!["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_command_ends_with_its_pod_and_with_its_client()
    {
        var pod = await HelperAsync();
        var marker = Path.Join(_cluster.CheckpointFolder("node1"), Guid.NewGuid().ToString("n"));
        string[] command = ["sh", "-c", $"echo $$ > /checkpoints/{Path.GetFileName(marker)}; exec sleep 300"];
        var left = await _admin.OpenAsync(Namespace, pod, command);
        var process = await ProcessAsync(marker);
        left.Abort();
        left.Dispose();
        await Eventually.TrueAsync(() => !IsAlive(process), "death with the client");

        File.Delete(marker);
        using var staying = await _admin.OpenAsync(Namespace, pod, command);
        process = await ProcessAsync(marker);
        await _admin.SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/{Namespace}/pods/{pod}?gracePeriodSeconds=0");
        await Eventually.TrueAsync(() => !IsAlive(process), "death with the pod");
    }

    private static async Task<int> ProcessAsync(string marker)
    {
        var process = 0;
        await Eventually.TrueAsync(() => File.Exists(marker) && int.TryParse(File.ReadAllText(marker), out process), "the command runs");
        return process;
    }

    private static bool IsAlive(int process)
    {
        try
        {
            using var found = System.Diagnostics.Process.GetProcessById(process);
            return !found.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private async Task<string> HelperAsync(string node = "node1", bool readOnly = true)
    {
        var name = "helper-" + Guid.NewGuid().ToString("n")[..8];
        await _admin.PostAsync($"/api/v1/namespaces/{Namespace}/pods", Manifests.Helper(name, node, readOnly));
        await Eventually.TrueAsync(() => Manifests.IsReady(_cluster, name), "helper ready");
        Assert.Contains(_cluster.HelperPods, pod => pod["metadata"]!["name"]!.GetValue<string>() == name);
        return name;
    }
}
