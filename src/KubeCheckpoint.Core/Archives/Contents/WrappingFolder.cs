namespace KubeCheckpoint.Archives.Contents;

/// <summary>
/// Recognizes an archive whose members are all in a folder, as <c>tar -cf x.tar folder</c> makes it. Runtimes find nothing in it, and neither do its
/// readers here.
/// </summary>
internal static class WrappingFolder
{
    private static readonly string[] Markers = ["config.dump", "spec.dump", ImageFolders.Default + "inventory.img"];

    /// <summary>The folder, or null where there is none, or more than one as in the checkpoint of a pod.</summary>
    /// <param name="names">The names of all members.</param>
    public static string? Find(IEnumerable<string> names)
    {
        var folders = names.Select(FolderOf).OfType<string>().Distinct(StringComparer.Ordinal).Take(2).ToList();
        return folders is [{ Length: > 0 } folder] ? folder : null;
    }

    // Empty at the root.
    private static string? FolderOf(string name)
    {
        foreach (var marker in Markers)
        {
            if (name == marker)
                return "";
            if (name.EndsWith(marker, StringComparison.Ordinal) && name[^(marker.Length + 1)] == '/')
                return name[..^(marker.Length + 1)];
        }
        return null;
    }
}
