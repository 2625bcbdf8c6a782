using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace KubeCheckpoint.Benchmarks;

/// <summary>
/// What importing the module adds to a running engine. The baseline imports an empty module. Each runs in its own process, alternately.
/// </summary>
internal static class ImportBenchmark
{
    public const string ChildVerb = "import";

    private const int Rounds = 15;

    public static void Run()
    {
        var module = typeof(ImportBenchmark).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == "ModulePath").Value!;
        var empty = WriteEmptyModule();
        try
        {
            var (ours, nothing) = (new List<double>(), new List<double>());
            for (var round = 0; round < Rounds; round++)
            {
                nothing.Add(MeasureInChild(empty));
                ours.Add(MeasureInChild(Path.Combine(module, "KubeCheckpoint.psd1")));
            }

            var (oursMedian, nothingMedian) = (Median(ours), Median(nothing));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"import: KubeCheckpoint {oursMedian:0.0} ms, an empty module {nothingMedian:0.0} ms: adds {oursMedian - nothingMedian:0.0} ms, ratio {oursMedian / nothingMedian:0.00} (medians of {Rounds})"));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(empty)!, recursive: true);
        }
    }

    public static void MeasureInThisProcess(string modulePath)
    {
        using var runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        runspace.Open();
        using var shell = PowerShell.Create(runspace);

        // The engine's first pipeline is not part of the module's cost.
        shell.AddScript("Get-Module | Out-Null").Invoke();
        shell.Commands.Clear();

        var clock = Stopwatch.StartNew();
        shell.AddCommand("Import-Module").AddArgument(modulePath).AddParameter("ErrorAction", "Stop").Invoke();
        Console.WriteLine(clock.Elapsed.TotalMilliseconds.ToString(CultureInfo.InvariantCulture));
    }

    private static double MeasureInChild(string modulePath)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ImportBenchmark).Assembly.Location, ChildVerb, modulePath]) { RedirectStandardOutput = true };
        using var child = Process.Start(start)!;
        var output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return child.ExitCode == 0
            ? double.Parse(output, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"The child process failed: {output}");
    }

    private static string WriteEmptyModule()
    {
        var folder = Directory.CreateTempSubdirectory("EmptyModule").FullName;
        var manifest = Path.Combine(folder, Path.GetFileName(folder) + ".psd1");
        File.WriteAllText(manifest, "@{ ModuleVersion = '1.0'; CmdletsToExport = @(); FunctionsToExport = @(); AliasesToExport = @() }");
        return manifest;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
