using System.Collections.ObjectModel;
using System.Management.Automation;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.IO;
using DriveNotFoundException = System.Management.Automation.DriveNotFoundException;

namespace KubeCheckpoint.Parameters;

/// <summary>Paths of PowerShell's as archives: wildcards expanded, folders that are no checkpoints themselves replaced by the archives in them.</summary>
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
            return expandFolders ? ExpandOne(resolved[0], isWanted) : resolved;

        // A wildcard such as ./cp/* also matches manifests, logs and partial files; only a file named by the user is read whatever it is called.
        var files = resolved.SelectMany(item => expandFolders && Directory.Exists(item) ? Expand(item, isWanted) : isWanted(item) ? [item] : []).ToList();
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
        return expandFolders ? ExpandOne(full, isWanted) : [full];
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

    /// <summary>The archives that a folder stands for: itself, the archives in it, or the checkpoint folders in it.</summary>
    /// <param name="folder">The folder's full path.</param>
    /// <param name="isWanted">Which files in it are archives.</param>
    public static IReadOnlyList<string> Expand(string folder, Func<string, bool> isWanted)
    {
        string[] itself = [Path.TrimEndingDirectorySeparator(folder)];
        if (CheckpointFolder.HoldsCheckpoint(folder))
            return itself;
        try
        {
            List<string> files = [.. Directory.EnumerateFiles(folder).Where(isWanted).Order(StringComparer.Ordinal)];
            if (files.Count > 0)
                return files;
            return CheckpointFolder.IsCheckpoint(folder) ? itself : [.. CheckpointFolder.In(folder)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ArchiveFailure.ArchiveNotReadable(folder, exception);
        }
    }

    private static IReadOnlyList<string> ExpandOne(string item, Func<string, bool> isWanted)
    {
        if (!Directory.Exists(item))
            return [item];
        var files = Expand(item, isWanted);
        return files.Count > 0 ? files : throw ArchiveFailure.FolderWithoutCheckpoint(item, FileKinds.Of(item));
    }
}
