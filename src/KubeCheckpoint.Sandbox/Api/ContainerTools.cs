using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>The folders on the PATH of the sandbox's containers, with links to commands of this machine.</summary>
internal static class ContainerTools
{
    private static readonly string[] Commands =
    [
        "sh", "busybox", "cat", "dd", "sha256sum", "ls", "rm", "tar", "stat", "wc", "head", "tail", "find", "mkdir", "rmdir", "du", "df", "test", "[",
        "printf", "echo", "sleep", "sync", "readlink", "date", "id", "env", "od", "cut", "tr", "sed", "awk", "grep", "sort", "uniq", "gzip", "true",
        "false", "uname", "chmod", "mv", "cp", "touch", "kill", "expr", "xargs", "basename", "dirname", "tee", "seq", "cmp", "base64", "timeout", "truncate",
        "nsenter",
    ];

    private static readonly string[] WritingCommands = ["rm", "mv", "touch", "mkdir", "rmdir", "chmod"];

    private static readonly string[] Sources = ["/bin", "/usr/bin", "/sbin", "/usr/sbin"];

    private const string Refusal = """
        #!/bin/sh
        for argument in "$@"; do
          case "$argument" in
            -*) ;;
            *) echo "${0##*/}: can't remove '$argument': Read-only file system" >&2 ;;
          esac
        done
        exit 1

        """;

    /// <summary>Creates the folders. On Windows there is nothing to link.</summary>
    public static void Prepare(ClusterState state)
    {
        PrivateFile.CreateFolder(WorkingFolder(state));
        if (OperatingSystem.IsWindows())
            return;
        foreach (var readOnly in (bool[])[false, true])
        {
            var folder = PrivateFile.CreateFolder(Folder(state, readOnly)).FullName;
            foreach (var command in Commands.Except(state.Options.MissingCommands))
            {
                var target = Path.Join(folder, command);
                if (command == "nsenter")
                {
                    File.WriteAllText(target, NodeService.Nsenter.ReplaceLineEndings("\n"));
                    File.SetUnixFileMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                }
                else if (readOnly && WritingCommands.Contains(command))
                {
                    File.WriteAllText(target, Refusal);
                    File.SetUnixFileMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                }
                else if (Sources.Select(source => Path.Join(source, command)).FirstOrDefault(File.Exists) is { } real)
                {
                    File.CreateSymbolicLink(target, real);
                }
            }
        }
    }

    /// <param name="state">The sandbox.</param>
    /// <param name="readOnly">Whether the container has a read-only hostPath: commands that change files then fail.</param>
    public static string Folder(ClusterState state, bool readOnly) => Path.Join(state.Folder, readOnly ? "bin-read-only" : "bin");

    public static string WorkingFolder(ClusterState state) => Path.Join(state.Folder, "work");
}
