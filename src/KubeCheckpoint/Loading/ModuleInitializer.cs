using System.Management.Automation;

namespace KubeCheckpoint.Loading;

/// <summary>Runs when the module is imported: makes the engine findable and does nothing else.</summary>
public sealed class ModuleInitializer : IModuleAssemblyInitializer
{
    /// <summary>Called by PowerShell in each runspace that imports the module.</summary>
    public void OnImport() => CoreLoadContext.Subscribe();
}
