using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Pipeline;

/// <summary>A cmdlet that reads checkpoint archives from files.</summary>
public abstract class ArchiveCmdlet : AsyncCmdlet
{
    private protected const string PathSet = "Path";
    private protected const string LiteralPathSet = "LiteralPath";

    /// <summary>The files the parameters name for the present object of the pipeline; what cannot be resolved is written as an error.</summary>
    /// <param name="paths">Paths with wildcards, or null.</param>
    /// <param name="literalPaths">Paths without, or null.</param>
    private protected IEnumerable<string> ResolvePaths(string[]? paths, string[]? literalPaths)
    {
        foreach (var path in paths ?? literalPaths ?? [])
        {
            foreach (var file in ArchivePaths.ResolveOrReport(this, path, isLiteral: paths is null, IsWanted, ExpandsFolders))
                yield return file;
        }
    }

    /// <summary>Whether a file that a wildcard or folder stands for is one to read.</summary>
    private protected virtual bool IsWanted(string file) => ArchivePaths.IsArchiveName(file);

    /// <summary>Whether a folder stands for the files in it, and not for itself.</summary>
    private protected virtual bool ExpandsFolders => true;
}
