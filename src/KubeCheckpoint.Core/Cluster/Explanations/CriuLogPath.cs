using System.Text.RegularExpressions;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Explanations;

/// <summary>
/// Where CRIU's log of a failed dump is, by the message of the runtime. containerd copies it to the container's bundle and names it
/// (cmd/containerd-shim-runc-v2/process/init.go: <c>path= .../ID/criu-dump.log</c>); CRI-O names its working folder
/// (internal/oci/runtime_oci.go: <c>"--work-path" ".../ID/userdata"</c>), where it stays until the next dump; runc and crun name the log itself.
/// </summary>
internal static partial class CriuLogPath
{
    private const string DumpLog = "dump.log";

    private static readonly string[] Names = [DumpLog, "criu-dump.log"];

    /// <summary>
    /// The path, or null. The message can quote names that the container chose, and a pod will mount the folder: only the log of a folder that
    /// is named after a container is accepted.
    /// </summary>
    public static NodePath? Find(string message) => Candidate().Matches(message)
        .Select(match => NodePath.TryParse(match.Groups["folder"].Success ? $"{match.Groups["folder"].Value}/{DumpLog}" : match.Groups["log"].Value))
        .FirstOrDefault(path => path is not null && Names.Contains(path.FileName) && ContainerFolder().IsMatch(path.Folder));

    [GeneratedRegex(
        """path= (?<log>/[^\s"'\\)]{1,500})|"--work-path" "(?<folder>/[^\s"'\\]{1,500})"|(?:Quoting \\?"|logfile )(?<log>/[^\s"'\\)]{1,500})""",
        RegexOptions.NonBacktracking)]
    private static partial Regex Candidate();

    [GeneratedRegex("/[0-9a-f]{64}(?:/userdata)?$", RegexOptions.NonBacktracking)]
    private static partial Regex ContainerFolder();
}
