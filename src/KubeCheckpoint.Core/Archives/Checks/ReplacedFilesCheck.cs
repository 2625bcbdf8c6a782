using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Archives.Replacements;
using KubeCheckpoint.Archives.Summaries;

namespace KubeCheckpoint.Archives.Checks;

/// <summary>Reports what the engine that wrote the archive would delete although the container has it.</summary>
internal static class ReplacedFilesCheck
{
    public static void Run(CheckpointContent content, CheckReport report, CancellationToken cancellationToken)
    {
        if (content.Find(DeletedFiles.MemberName) is null || content.Find("spec.dump") is not { } spec)
            return;
        using var json = JsonMember.Read(content, spec);
        var engine = CheckpointIdentity.Of(json.Map("annotations")).Engine;
        if (ReplacedFiles.Find(content, engine, cancellationToken) is not { } replaced)
            return;
        foreach (var folder in replaced.Folders)
            Report(report, folder.Path, folder.IsIncomplete);
        foreach (var file in replaced.Files)
            Report(report, file, isIncomplete: false);
    }

    private static void Report(CheckReport report, string path, bool isIncomplete)
    {
        const string Lost = "was removed and created again. A restore from the archive itself unpacks it and then deletes it; "
            + "images of New-RestoreImage, Restore-Pod, Test-PodRestore and Move-Pod keep it.";
        report.Warning("ReplacedFiles", DeletedFiles.MemberName, $"'{TerminalText.Line("/" + path)}' {Lost}");
        if (isIncomplete)
        {
            report.Warning(
                "ReplacedFiles", RootFsDiff.MemberName,
                $"'{TerminalText.Line("/" + path)}' has files that processes use and the archive lacks: the engine left out changed files of the image "
                + "whose path the node did not have. They are restored as the image has them.");
        }
    }
}
