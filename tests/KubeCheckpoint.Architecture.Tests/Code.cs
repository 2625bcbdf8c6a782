using System.Reflection;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;

namespace KubeCheckpoint.Architecture.Tests;

/// <summary>The compiled code and its sources.</summary>
internal static class Code
{
    public static readonly string Root = Path.GetFullPath(Metadata("RepositoryRoot"));

    public static readonly ArchUnitNET.Domain.Architecture Compiled = new ArchLoader()
        .LoadFilteredDirectory(FolderOf("KubeCheckpoint.Core"), "KubeCheckpoint.Model.dll")
        .LoadFilteredDirectory(FolderOf("KubeCheckpoint.Core"), "KubeCheckpoint.Core.dll")
        .LoadFilteredDirectory(FolderOf("KubeCheckpoint"), "KubeCheckpoint.dll")
        .LoadFilteredDirectory(FolderOf("KubeCheckpoint.Sandbox"), "KubeCheckpoint.Sandbox.dll")
        .Build();

    /// <summary>The types written by hand, without those generated from CRIU's .proto files or by the compiler.</summary>
    public static IEnumerable<IType> Types =>
        Compiled.Types.Where(type => type.Assembly.Name.StartsWith("KubeCheckpoint", StringComparison.Ordinal) && !type.IsCompilerGenerated
            && type.Namespace.FullName is not ("" or "KubeCheckpoint.Criu.Messages"));

    public static IEnumerable<IType> TypesIn(string name) => Types.Where(type => type.Namespace.FullName == name);

    /// <summary>The C# files in a folder of the repository, without the output of builds.</summary>
    public static IEnumerable<string> SourcesOf(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"));

    public static string FolderOf(string project) =>
        Path.Combine(Root, "src", project, "bin", Metadata("Configuration"), "net10.0");

    private static string Metadata(string key) =>
        typeof(Code).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == key).Value!;
}
