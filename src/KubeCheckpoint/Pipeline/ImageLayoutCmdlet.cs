using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Pipeline;

/// <summary>A cmdlet that reads images from registries, layout folders and oci-archives.</summary>
public abstract class ImageLayoutCmdlet : RegistryCmdlet
{
    private const string LayoutMarker = "oci-layout";

    private protected sealed override bool ExpandsFolders => false;

    private protected sealed override bool IsWanted(string file) =>
        Directory.Exists(file) ? File.Exists(Path.Combine(file, LayoutMarker)) : ArchivePaths.IsArchiveName(file);

    /// <summary>Says which names were asked for and are not there.</summary>
    private protected async Task WriteMissingAsync(ImageNamePatterns patterns, string place, object target)
    {
        foreach (var name in patterns.Missing)
            await Output.WriteErrorAsync(ImageFailure.RestoreImageNotFound(place, name).ToErrorRecord(target));
    }
}
