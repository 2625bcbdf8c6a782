using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace KubeCheckpoint.Loading;

/// <summary>
/// The load context of the engine and the third-party assemblies it brings. Other modules load their own versions of
/// KubernetesClient and YamlDotNet; in a context of our own neither side sees the other's.
/// </summary>
internal sealed class CoreLoadContext : AssemblyLoadContext
{
    private const string EngineName = "KubeCheckpoint.Core";

    private static readonly Assembly ModuleAssembly = typeof(CoreLoadContext).Assembly;
    private static readonly Lazy<CoreLoadContext> Instance = new(() => new CoreLoadContext());

    // The folder of the code compiled ahead of time for this platform. Where there is none, the IL beside it runs.
    private static readonly string Platform = $"{SystemName}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";

    private static int _subscribed;

    private static string SystemName => OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";

    private readonly string _folder = Path.Combine(Path.GetDirectoryName(ModuleAssembly.Location)!, "core");

    private CoreLoadContext()
        : base(EngineName)
    {
    }

    /// <summary>
    /// Answers for the engine assembly when the Default context cannot find it. Once per process and for good: runspaces import
    /// the module in parallel, and code of a removed module may still run.
    /// </summary>
    public static void Subscribe()
    {
        if (Interlocked.Exchange(ref _subscribed, 1) == 0)
            Default.Resolving += (_, name) => name.Name == EngineName ? Instance.Value.LoadFromAssemblyName(name) : null;
    }

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (LoadedInDefault(assemblyName.Name) is { } shared)
            return shared;

        var file = assemblyName.Name + ".dll";
        var path = new[] { Path.Combine(_folder, Platform, file), Path.Combine(_folder, file) }.FirstOrDefault(File.Exists);
        return path is null ? null : LoadFromAssemblyPath(path);
    }

    // Model and the cmdlets must be one copy in the process: a Pod made by the engine is the Pod a script names.
    private static Assembly? LoadedInDefault(string? name) =>
        name is "KubeCheckpoint" ? ModuleAssembly
        : name is "KubeCheckpoint.Model" ? typeof(Pod).Assembly
        : null;
}
