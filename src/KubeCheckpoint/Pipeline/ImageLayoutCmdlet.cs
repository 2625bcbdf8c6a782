using System.Management.Automation;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Pipeline;

/// <summary>A cmdlet that reads images from registries, layout folders and oci-archives.</summary>
public abstract class ImageLayoutCmdlet : RegistryCmdlet
{
    private const string LayoutMarker = "oci-layout";

    /// <summary>OCI layout folders and OCI archives. Wildcards are allowed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    public virtual string[]? Path { get; set; }

    /// <summary>Literal paths of OCI layout folders and OCI archives; no wildcards.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName", "LP")]
    public string[]? LiteralPath { get; set; }

    /// <summary>The names of images in the layout. Wildcards are allowed. Default: all restore images.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(LayoutNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>The layout folders and oci-archives that the parameters name for the current object of the pipeline.</summary>
    private protected IEnumerable<string> Layouts() => this.ResolveFiles(Path, LiteralPath, IsLayout, expandFolders: false);

    /// <summary>Refuses the path of a file or folder where the name of an image belongs, even one of a file or layout that would be a valid name.</summary>
    private protected void RefusePath(string name)
    {
        var path = System.IO.Path.GetFullPath(name, SessionState.Path.CurrentFileSystemLocation.ProviderPath);
        var isFile = File.Exists(path) || File.Exists(System.IO.Path.Combine(path, LayoutMarker));
        if (isFile || ((name.StartsWith('.') || System.IO.Path.IsPathRooted(name)) && Directory.Exists(path)))
            throw ImageFailure.ImageNameInvalid(path, "it is a path");
    }

    /// <summary>Names of images as the user gives them. Case matters in them.</summary>
    private protected static WildcardNames ImageNames(string[]? names) => new(names, WildcardOptions.None);

    /// <summary>Writes an error for each name that was asked for and is not there.</summary>
    private protected async Task WriteMissingAsync(WildcardNames names, string place)
    {
        foreach (var name in names.Missing)
            await Output.WriteErrorAsync(ImageFailure.RestoreImageNotFound(place, name).ToErrorRecord(place));
    }

    private static bool IsLayout(string file) =>
        Directory.Exists(file) ? File.Exists(System.IO.Path.Combine(file, LayoutMarker)) : ArchivePaths.IsArchiveName(file);
}
