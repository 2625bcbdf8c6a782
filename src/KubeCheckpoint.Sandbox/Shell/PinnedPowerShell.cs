using System.Diagnostics;
using System.Reflection;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Sandbox.Shell;

/// <summary>Starts the PowerShell that the tool manifest pins, so that it finds the built module and a sandbox's cluster.</summary>
public static class PinnedPowerShell
{
    /// <summary>The folder of the built module.</summary>
    public static string ModulePath { get; } = Path.TrimEndingDirectorySeparator(Metadata("ModulePath"));

    /// <summary>How to start it: with the module's folder on the module path and the cluster's kubeconfig in KUBECONFIG, for this process only.</summary>
    /// <param name="cluster">The cluster, or null for a session without one.</param>
    /// <param name="folder">The current location of the session.</param>
    /// <param name="arguments">The arguments of pwsh; -NoProfile goes before them.</param>
    public static ProcessStartInfo StartInfo(SandboxCluster? cluster, string folder, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Metadata("PowerShellPath"), "-NoProfile", .. arguments]) { WorkingDirectory = folder };
        start.Environment["PSModulePath"] = Path.GetDirectoryName(ModulePath) + Path.PathSeparator + Environment.GetEnvironmentVariable("PSModulePath");
        start.Environment["POWERSHELL_TELEMETRY_OPTOUT"] = "1";
        start.Environment["POWERSHELL_UPDATECHECK"] = "Off";
        if (cluster is not null)
            start.Environment["KUBECONFIG"] = cluster.KubeConfigPath;
        return start;
    }

    private static string Metadata(string key) => typeof(PinnedPowerShell).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == key).Value!;
}
