using System.Diagnostics;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.Loader;

namespace KubeCheckpoint.Tests.Engine;

/// <summary>Runs the engine in a separate process, for tests of what a process has loaded.</summary>
internal static class ChildEngine
{
    private const string ImportVerb = "import";
    private const string ConflictVerb = "conflict";
    private const string RunVerb = "run";
    private const string Ready = "ready";

    /// <summary>The entry point of the child. Its last lines are the loaded assemblies: name, version and load context.</summary>
    public static int Main(string[] args)
    {
        switch (args)
        {
            case [ImportVerb]:
                new ModuleSession().Dispose();
                break;
            case [ConflictVerb, var kubeConfig]:
                UseBesideOthers(kubeConfig);
                break;
            case [RunVerb, var script, .. var arguments]:
                return RunScript(script, arguments);
            default:
                return 2;
        }

        foreach (var assembly in AppDomain.CurrentDomain.GetAssemblies())
            Console.WriteLine($"{assembly.GetName().Name}|{assembly.GetName().Version}|{AssemblyLoadContext.GetLoadContext(assembly)?.Name}");
        return 0;
    }

    /// <summary>The assemblies that a new process has loaded after importing the module.</summary>
    public static IReadOnlyList<LoadedAssembly> Import() => Run(ImportVerb);

    /// <summary>The assemblies of a process that loads other versions of the module's assemblies first, then reads a kubeconfig and builds a manifest.</summary>
    public static IReadOnlyList<LoadedAssembly> UseBesideOthersIn(string kubeConfig) => Run(ConflictVerb, kubeConfig);

    /// <summary>
    /// A process that has imported the module and runs a script once a line arrives at its input. It knows no other folders than these.
    /// </summary>
    /// <param name="temporary">Its folder for temporary files.</param>
    /// <param name="home">Its home.</param>
    /// <param name="script">The script.</param>
    /// <param name="arguments">The script's $args.</param>
    public static Process StartScript(string temporary, string home, string script, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ChildEngine).Assembly.Location, RunVerb, script, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = home,
        };
        start.Environment["TMPDIR"] = start.Environment["TEMP"] = start.Environment["TMP"] = temporary;
        start.Environment["HOME"] = start.Environment["USERPROFILE"] = home;

        // Its sockets and pipes would lie in the temporary folder.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        var child = Process.Start(start)!;
        Assert.Equal(Ready, child.StandardOutput.ReadLine());
        return child;
    }

    private static int RunScript(string script, string[] arguments)
    {
        using var session = new ModuleSession();
        Console.WriteLine(Ready);
        Console.ReadLine();
        var outcome = session.Run(script, [.. arguments]);
        foreach (var error in outcome.Errors.Append(outcome.Terminating?.ErrorRecord).OfType<System.Management.Automation.ErrorRecord>())
            Console.WriteLine($"{error.FullyQualifiedErrorId}: {error}");
        return outcome.Errors.Count + (outcome.Terminating is null ? 0 : 1);
    }

    private static LoadedAssembly[] Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ChildEngine).Assembly.Location, .. arguments]) { RedirectStandardOutput = true };
        using var child = Process.Start(start)!;
        var output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode == 0, output);
        return [.. output.Split(Environment.NewLine).Select(line => line.Split('|')).Where(part => part.Length == 3).Select(part => new LoadedAssembly(part[0], part[1], part[2]))];
    }

    private static void UseBesideOthers(string kubeConfig)
    {
        AssemblyLoadContext.Default.LoadFromAssemblyPath(ModuleSession.Metadata("OtherYamlDotNet"));
        LoadEmptyKubernetesClient();
        using var session = new ModuleSession();
        Assert.Equal("ContextNotFound", session.Run("Get-Pod -KubeConfig $args[0] -Context other", kubeConfig).ErrorId);
        Assert.NotEmpty(session.Run("Grant-CheckpointAccess alice -Namespace shop -AsManifest").Objects);
    }

    // Only one version of KubernetesClient is available; an empty assembly with its name and another version conflicts just as well.
    private static void LoadEmptyKubernetesClient()
    {
        var builder = new PersistedAssemblyBuilder(new AssemblyName("KubernetesClient, Version=1.0.0.0"), typeof(object).Assembly);
        builder.DefineDynamicModule("KubernetesClient");
        using var image = new MemoryStream();
        builder.Save(image);
        image.Position = 0;
        AssemblyLoadContext.Default.LoadFromStream(image);
    }

    internal sealed record LoadedAssembly(string Name, string Version, string Context);
}
