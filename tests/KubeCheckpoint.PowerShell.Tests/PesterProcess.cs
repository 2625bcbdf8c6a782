using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using KubeCheckpoint.Sandbox.Cluster;
using KubeCheckpoint.Sandbox.Shell;

namespace KubeCheckpoint.PowerShell.Tests;

/// <summary>Runs Pester in a separate pwsh.</summary>
internal static class PesterProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>The tests of all files, without running them.</summary>
    public static IReadOnlyList<PesterTest> Discover() => Run(null, Metadata("PesterTests"), "-DiscoveryOnly");

    /// <summary>Runs the tests of one file, with its own sandbox cluster.</summary>
    public static async Task<IReadOnlyList<PesterTest>> RunFileAsync(string file)
    {
        await using var cluster = await SandboxCluster.StartAsync();
        return await Task.Run(() => Run(cluster, Path.Combine(Metadata("PesterTests"), file)));
    }

    private static List<PesterTest> Run(SandboxCluster? cluster, string path, params string[] more)
    {
        var folder = Directory.CreateTempSubdirectory("kubecheckpoint-pester").FullName;
        try
        {
            var results = Path.Combine(folder, "results.json");
            var script = Path.Combine(Metadata("PesterTests"), "Invoke-PesterTests.ps1");
            var start = PinnedPowerShell.StartInfo(cluster, folder, ["-File", script, "-PesterPath", Metadata("PesterPath"), "-Path", path, "-ResultPath", results, .. more]);
            start.Environment["KUBECHECKPOINT_TEST_REGISTRY"] = cluster?.RegistryAddress;
            var output = OutputOf(start);
            return File.Exists(results)
                ? JsonSerializer.Deserialize<List<PesterTest>>(File.ReadAllText(results))!
                : throw new InvalidOperationException($"Pester wrote no results. pwsh wrote: {output}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string OutputOf(ProcessStartInfo start)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"pwsh did not end within {Patience}.");
        }

        return string.Concat(output.GetAwaiter().GetResult());
    }

    private static string Metadata(string key) => typeof(PesterProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == key).Value!;
}
