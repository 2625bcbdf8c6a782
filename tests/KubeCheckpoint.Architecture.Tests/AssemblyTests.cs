using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace KubeCheckpoint.Architecture.Tests;

/// <summary>Tests the references of the assemblies. See docs/decisions/0002-load-context.md.</summary>
public sealed class AssemblyTests
{
    [Fact]
    public void The_model_references_nothing() => Assert.Empty(ReferencesOf("KubeCheckpoint.Model"));

    [Fact]
    public void The_cmdlets_reference_only_the_model_the_engine_and_powershell() =>
        Assert.Equal(["KubeCheckpoint.Core", "KubeCheckpoint.Model", "System.Management.Automation"], ReferencesOf("KubeCheckpoint"));

    [Fact]
    public void The_engine_knows_neither_cmdlets_nor_powershell()
    {
        var references = ReferencesOf("KubeCheckpoint.Core");

        Assert.Contains("KubernetesClient", references);
        Assert.DoesNotContain("KubeCheckpoint", references);
        Assert.DoesNotContain("System.Management.Automation", references);
    }

    [Fact]
    public void The_sandbox_uses_nothing_of_the_module() =>
        Assert.DoesNotContain(ReferencesOf("KubeCheckpoint.Sandbox"), name => name.StartsWith("KubeCheckpoint", StringComparison.Ordinal));

    // Without those of the framework: the assemblies in its folder, except PowerShell's.
    private static IEnumerable<string> ReferencesOf(string project)
    {
        using var file = File.OpenRead(Path.Combine(Code.FolderOf(project), $"{project}.dll"));
        using var image = new PEReader(file);
        var reader = image.GetMetadataReader();
        return [.. reader.AssemblyReferences
            .Select(handle => reader.GetString(reader.GetAssemblyReference(handle).Name))
            .Where(name => !IsFramework(name))
            .Order(StringComparer.Ordinal)];
    }

    private static bool IsFramework(string name) =>
        name is "netstandard" || File.Exists(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, $"{name}.dll"));
}
