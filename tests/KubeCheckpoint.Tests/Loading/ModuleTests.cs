using System.Management.Automation;
using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests.Loading;

/// <summary>Tests the module as a whole: what importing it loads, and what may be loaded already.</summary>
public sealed class ModuleTests
{
    private static readonly string[] ThirdParty = ["KubernetesClient", "YamlDotNet", "SharpCompress", "System.IO.Hashing", "Fractions", "Google.Protobuf"];

    [Fact]
    public void Exports_exactly_what_the_manifest_lists()
    {
        using var session = new ModuleSession();
        var listed = ListedIn(Path.Combine(ModuleSession.ModulePath, "KubeCheckpoint.psd1"));
        var exported = session.Run("(Get-Command -Module KubeCheckpoint).Name").Objects.Select(item => item.ToString());
        var classes = session.Run("(Get-Module KubeCheckpoint).ImplementingAssembly.GetExportedTypes()").Objects
            .Select(item => (Type)item.BaseObject)
            .SelectMany(type => type.GetCustomAttributes(typeof(CmdletAttribute), false).Cast<CmdletAttribute>())
            .Select(attribute => $"{attribute.VerbName}-{attribute.NounName}");

        Assert.Equal(listed.Order(), exported.Order());
        Assert.Equal(classes.Order(), exported.Order());
    }

    [Fact]
    public void The_manifest_has_the_version_and_the_addresses_of_the_project()
    {
        using var session = new ModuleSession();
        var module = (PSModuleInfo)session.Run("Get-Module KubeCheckpoint").Single.BaseObject;
        var files = ModuleSession.Metadata("RepositoryFiles");

        Assert.Equal(ModuleSession.Metadata("Version"), module.Version.ToString());
        Assert.Equal(module.Version, new Version(module.ImplementingAssembly.GetName().Version!.ToString(3)));
        Assert.Equal(ModuleSession.Metadata("RepositoryUrl"), module.ProjectUri.ToString());
        Assert.Equal(files + "LICENSE", module.LicenseUri.ToString());
        Assert.Equal(files + "CHANGELOG.md", module.ReleaseNotes);
        Assert.Equal($"{module.ProjectUri}/raw/main/docs/images/icon.png", module.IconUri.ToString());
        Assert.All(["LICENSE", "CHANGELOG.md", "docs/images/icon.png"], file => Assert.True(File.Exists(Path.Combine(ModuleSession.Metadata("RepositoryRoot"), file))));
        Assert.DoesNotContain("$(", File.ReadAllText(Path.Combine(ModuleSession.ModulePath, "KubeCheckpoint.psd1")), StringComparison.Ordinal);
    }

    [Fact]
    public void Readme_and_manifest_describe_the_module_in_the_same_words()
    {
        using var session = new ModuleSession();
        var description = session.Run("(Get-Module KubeCheckpoint).Description").Single.ToString();

        Assert.Equal(ModuleSession.Metadata("ModuleDescription"), description);
        Assert.Contains(description, File.ReadAllText(Path.Combine(ModuleSession.Metadata("RepositoryRoot"), "README.md")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("YamlDotNet", "16.0.0.0")]
    [InlineData("KubernetesClient", "1.0.0.0")]
    public void Works_beside_other_versions_of_its_libraries(string name, string otherVersion)
    {
        var kubeConfig = Path.Combine(AppContext.BaseDirectory, $"conflict-{name}.yaml");
        File.WriteAllText(kubeConfig, "apiVersion: v1\nkind: Config\ncurrent-context: none\n");

        var loaded = ChildEngine.UseBesideOthersIn(kubeConfig).Where(assembly => assembly.Name == name).ToList();

        Assert.Equal(2, loaded.Count);
        Assert.Equal(otherVersion, Assert.Single(loaded, assembly => assembly.Context == "Default").Version);
        Assert.NotEqual(otherVersion, Assert.Single(loaded, assembly => assembly.Context == "KubeCheckpoint.Core").Version);
    }

    [Fact]
    public void Types_that_users_hold_can_be_named()
    {
        using var session = new ModuleSession();
        Assert.Equal("KubeCheckpoint.Pod", session.Run("[KubeCheckpoint.Pod].FullName").Single.ToString());
    }

    [Fact]
    public void Importing_loads_neither_the_engine_nor_its_libraries()
    {
        var loaded = ChildEngine.Import().Select(assembly => assembly.Name).ToList();
        Assert.Contains("KubeCheckpoint", loaded);
        Assert.DoesNotContain("KubeCheckpoint.Core", loaded);
        Assert.Empty(loaded.Intersect(ThirdParty));
    }

    // The bare engine has no Import-PowerShellDataFile.
    private static IEnumerable<string> ListedIn(string manifest) =>
        File.ReadAllText(manifest).Split("CmdletsToExport")[1].Split(')')[0].Split('\'').Where((_, index) => index % 2 == 1);
}
