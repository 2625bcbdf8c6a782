using KubeCheckpoint.Cluster.KubeConfigs;

namespace KubeCheckpoint.Cluster.Credentials;

/// <summary>
/// Finds the program of a credential plugin as kubectl does: relative to the kubeconfig if the command has a path separator, otherwise in
/// the folders of PATH, and never in the current folder.
/// </summary>
internal static class PluginCommand
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The full path of the program.</summary>
    /// <exception cref="KubeCheckpointException">CredentialPluginNotFound.</exception>
    public static string Find(ExecPluginConfig plugin)
    {
        var hasFolder = plugin.Command.AsSpan().IndexOfAny(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar) >= 0;
        var folders = hasFolder ? [plugin.Folder] : FoldersOfPath();
        var files = folders.SelectMany(folder => Names(plugin.Command).Select(name => Path.GetFullPath(name, folder))).ToList();
        if (files.FirstOrDefault(IsExecutable) is { } program)
            return program;
        if (files.FirstOrDefault(File.Exists) is { } file)
            throw CredentialFailure.CredentialPluginNotFound(plugin, $"cannot be run: the file '{file}' is not executable.");
        throw CredentialFailure.CredentialPluginNotFound(
            plugin, hasFolder ? $"does not exist: there is no file '{files[0]}'." : "is not installed: it is in no folder of PATH.");
    }

    private static IEnumerable<string> FoldersOfPath() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => folder.Trim('"'))
        .Where(Path.IsPathFullyQualified);

    /// <summary>The names of the command's file. On Windows, a name without extension stands for those with an extension of PATHEXT.</summary>
    private static IEnumerable<string> Names(string command)
    {
        if (!OperatingSystem.IsWindows())
            return [command];
        var extensions = Environment.GetEnvironmentVariable("PATHEXT") is { Length: > 0 } list ? list : ".COM;.EXE;.BAT;.CMD";
        var names = extensions.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(extension => command + extension);
        return Path.HasExtension(command) ? names.Prepend(command) : names;
    }

    private static bool IsExecutable(string file) =>
        File.Exists(file) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(file) & AnyExecute) != 0);
}
