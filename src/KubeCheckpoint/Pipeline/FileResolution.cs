using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Pipeline;

/// <summary>The files that paths on the command line or in the pipeline stand for.</summary>
internal static class FileResolution
{
    /// <summary>The files; what cannot be resolved is written as an error of the cmdlet.</summary>
    /// <param name="cmdlet">Whose location and drives count.</param>
    /// <param name="paths">Paths with wildcards, or null.</param>
    /// <param name="literalPaths">Literal paths, or null.</param>
    /// <param name="isWanted">Which files a wildcard or folder stands for; null for archives.</param>
    /// <param name="expandFolders">False where a folder is itself what is looked for.</param>
    public static IEnumerable<string> ResolveFiles(
        this AsyncCmdlet cmdlet, string[]? paths, string[]? literalPaths, Func<string, bool>? isWanted = null, bool expandFolders = true)
    {
        isWanted ??= ArchivePaths.IsArchiveName;
        foreach (var path in paths ?? literalPaths ?? [])
        {
            var files = cmdlet.Attempt<string[]>(path, () =>
            [
                .. paths is null
                    ? ArchivePaths.ResolveLiteral(cmdlet, path, isWanted, expandFolders)
                    : ArchivePaths.Resolve(cmdlet, path, isWanted, expandFolders),
            ]);
            foreach (var file in files ?? [])
                yield return file;
        }
    }
}
