using System.Collections.ObjectModel;
using System.Management.Automation;
using DriveNotFoundException = System.Management.Automation.DriveNotFoundException;

namespace KubeCheckpoint.Parameters;

/// <summary>Paths of PowerShell's as archive files: wildcards expanded, folders replaced by the archives in them.</summary>
internal static class ArchivePaths
{
    private static readonly string[] Endings = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst"];

    /// <summary>The files a path with wildcards stands for.</summary>
    /// <param name="cmdlet">Whose location and drives count.</param>
    /// <param name="path">The path.</param>
    /// <param name="isWanted">Which files a wildcard or folder stands for.</param>
    /// <param name="expandFolders">False where a folder is itself what is looked for.</param>
    public static IEnumerable<string> Resolve(PSCmdlet cmdlet, string path, Func<string, bool> isWanted, bool expandFolders)
    {
        Collection<string> resolved;
        ProviderInfo provider;
        try
        {
            resolved = cmdlet.SessionState.Path.GetResolvedProviderPathFromPSPath(path, out provider);
        }
        catch (Exception exception) when (exception is ItemNotFoundException or DriveNotFoundException or ProviderNotFoundException)
        {
            throw ParameterFailure.PathMatchesNothing(path, exception);
        }

        if (provider.Name != "FileSystem")
            throw ParameterFailure.PathNotInFileSystem(path);
        if (resolved.Count == 0)
            throw ParameterFailure.PathMatchesNothing(path);
        if (!WildcardPattern.ContainsWildcardCharacters(path))
            return expandFolders ? Expand(resolved[0], isWanted) : resolved;

        // A wildcard such as ./cp/* also matches manifests, logs and partial files; only a file named by the user is read whatever it is called.
        var files = resolved.SelectMany(item => expandFolders ? Expand(item, isWanted) : [item]).Where(isWanted).ToList();
        return files.Count > 0 ? files : throw ParameterFailure.PathMatchesNothing(path);
    }

    /// <summary>The files a path without wildcards stands for.</summary>
    /// <param name="cmdlet">Whose location and drives count.</param>
    /// <param name="path">The path.</param>
    /// <param name="isWanted">Which files a folder stands for.</param>
    /// <param name="expandFolders">False where a folder is itself what is looked for.</param>
    public static IEnumerable<string> ResolveLiteral(PSCmdlet cmdlet, string path, Func<string, bool> isWanted, bool expandFolders)
    {
        var full = cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
        if (provider.Name != "FileSystem")
            throw ParameterFailure.PathNotInFileSystem(path);
        return expandFolders ? Expand(full, isWanted) : [full];
    }

    /// <summary>The name of an archive's file without the ending that says it is one.</summary>
    public static string NameWithoutEnding(string file)
    {
        var name = Path.GetFileName(file);
        var ending = Endings.Where(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)).MaxBy(ending => ending.Length);
        return ending is null || ending.Length == name.Length ? name + ".expanded" : name[..^ending.Length];
    }

    /// <summary>Whether a file is called as archives are.</summary>
    public static bool IsArchiveName(string file) => Endings.Any(ending => file.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<string> Expand(string item, Func<string, bool> isWanted) =>
        Directory.Exists(item) ? Directory.EnumerateFiles(item).Where(isWanted).Order(StringComparer.Ordinal) : [item];
}
