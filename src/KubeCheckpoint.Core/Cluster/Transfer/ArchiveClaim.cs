namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>
/// An archive that only passes through this process, marked on its node with the name of the helper pod that removes it when the process dies.
/// Before the checkpoint, a small file says which container's archive is awaited; when its name is known, the archive is renamed. The pod's name
/// is random, and only root can write to the folder: an archive of anyone else never has such a name.
/// </summary>
/// <param name="node">The node.</param>
/// <param name="helper">The helper pod.</param>
/// <param name="prefix">The beginning of the names of the container's archives.</param>
/// <param name="stem">The beginning of the names of the marked files, which no other claim of the helper pod has.</param>
internal sealed class ArchiveClaim(string node, HelperPod helper, string prefix, string stem)
{
    /// <summary>The name that the kubelet gives to archives begins with this.</summary>
    private const string Archive = "checkpoint-";

    public string Node => node;

    public HelperPod Helper => helper;

    /// <summary>The archive on the node as it is called now; null before its name is known.</summary>
    public NodePath? Path { get; set; }

    /// <summary>The name of the file that says which archive is awaited.</summary>
    public string RequestFile => $"{stem}.{helper.Name}{RequestSuffix}";

    /// <summary>The name of the archive as soon as it is known.</summary>
    public string ArchiveFile => $"{stem}.{helper.Name}{ArchiveSuffix}";

    /// <summary>Whether the archive is renamed.</summary>
    public bool IsRenamed => Path?.FileName == ArchiveFile;

    /// <summary>Says which archive is awaited.</summary>
    public string RequestScript => $"echo {ShellWord.Quote(prefix)} > {At(RequestFile)}";

    /// <summary>Renames the archive. It has the same effect when it runs twice.</summary>
    public string RenameScript(string fileName, HelperTools tools) =>
        $"{{ [ -e {At(ArchiveFile)} ] || {tools["mv"]} -- {At(fileName)} {At(ArchiveFile)}; }} && {tools["rm"]} -f -- {At(RequestFile)}";

    private const string RequestSuffix = ".requested";
    private const string ArchiveSuffix = ".tar";

    /// <summary>
    /// Removes all that a helper pod has marked, and prints the names of archives that may be awaited ones: those of the same containers that
    /// are newer than the request. Whoever made them cannot be known, so they stay, except those of the module's own pods.
    /// </summary>
    /// <param name="helper">The name of the helper pod.</param>
    /// <param name="folder">The folder in the pod.</param>
    /// <param name="output">The file that receives the names, at the end of the pod; null to print them before.</param>
    public static string EndScript(string helper, string folder = HelperPodManifest.MountPath, string? output = null)
    {
        var requests = $"*.{helper}{RequestSuffix}";

        // A request whose archive is only printed stays: the pod has to report it at its end.
        var (report, rest) = output is null ? ("", "") : ($" > {output}", $" {requests}");
        return $"cd {folder} && {{ for m in {requests}; do if [ -f \"$m\" ]; then k=; if read -r p < \"$m\"; then case $p in {Archive}?*_?*-?*-) " +
            "for f in \"$p\"*.tar; do if [ \"$f\" -nt \"$m\" ]; then case $f in " +
            $"{Archive}{HelperRole.ProofPrefix}*) {Remove("\"$f\"")};; *) k=1; echo \"$f\";; esac; fi; done;; esac; fi; " +
            $"[ \"$k\" ] || {{ {Remove("\"$m\"")}; }}; fi; done{report}; {Remove($"*.{helper}{ArchiveSuffix}{rest}")}; }}";
    }

    /// <summary>Whether a text is the name of an archive of a kubelet: of a container, with a time.</summary>
    public static bool IsArchiveName(string name) =>
        name.Length <= LongestName && name.StartsWith(Archive, StringComparison.Ordinal) && name.EndsWith(".tar", StringComparison.Ordinal)
        && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' or ':' or '+');

    /// <summary>The longest file name on Linux.</summary>
    private const int LongestName = 255;

    private static string At(string fileName) => ShellWord.Quote($"{HelperPodManifest.MountPath}/{fileName}");

    private static string Remove(string files) => $"rm -f -- {files} || busybox rm -f -- {files}";
}
