using System.Diagnostics;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.PowerShell.Tests;

/// <summary>Tests the sandbox as a newcomer starts it.</summary>
public sealed class SandboxShellTests
{
    [Fact]
    public async Task Shows_the_main_job()
    {
        var (exitCode, output) = await RunAsync("");

        Assert.True(exitCode == 0, output);
        Assert.Contains("PS> Get-Pod web* -Namespace shop | Invoke-ContainerCheckpoint", output, StringComparison.Ordinal);
        Assert.Contains("web-1-restored", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Opens_a_prompt_with_the_module_and_a_cluster()
    {
        var (exitCode, output) = await RunAsync("(Get-Module KubeCheckpoint).Name\n(Get-Pod counter).NodeName\nexit 7\n", "--shell");

        Assert.True(exitCode == 7, output);
        Assert.Contains("Three things to try", output, StringComparison.Ordinal);
        Assert.Matches(Line("KubeCheckpoint"), output);
        Assert.Matches(Line("node3"), output);
    }

    // PowerShell may set a terminal mode before it writes.
    private static string Line(string text) => $@"(?m)^(\e\[\?1l)?{text}\r?$";

    private static async Task<(int ExitCode, string Output)> RunAsync(string input, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(SandboxCluster).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }
}
