using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Archives.Checks;

/// <summary>Checks whether a checkpoint archive is complete and consistent.</summary>
public static class ArchiveChecker
{
    /// <summary>
    /// Checks the tar and its compression to the end, the members, every CRIU image, and the references between images, files
    /// and pages. Pages are counted, not read, except by decompression.
    /// </summary>
    /// <param name="path">The archive.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    /// <returns>The findings; the last is a summary. Damage is a finding, not an exception.</returns>
    /// <exception cref="KubeCheckpointException">ArchiveNotFound, ArchiveNotReadable or NotAnArchive.</exception>
    public static IReadOnlyList<CheckpointArchiveFinding> Check(string path, CancellationToken cancellationToken)
    {
        path = Path.GetFullPath(path);
        var report = new CheckReport(path);
        try
        {
            using var content = CheckpointContent.Open(path, cancellationToken);
            Check(content, report, cancellationToken);
        }
        catch (KubeCheckpointException failure) when (failure.ErrorId is "ArchiveTruncated" or "ArchiveDamaged" or "ArchiveBudgetExceeded")
        {
            report.Error(failure.ErrorId, null, failure.Message);
        }
        return report.Findings;
    }

    private static void Check(CheckpointContent content, CheckReport report, CancellationToken cancellationToken)
    {
        var images = new CheckpointImages(content);
        report.ImageFolder = content.ImageFolder;
        Action[] checks =
        [
            () => MemberCheck.Run(content, report),
            () => ImageCheck.Run(content, report, cancellationToken),
            () => ReplacedFilesCheck.Run(content, report, cancellationToken),
            .. ProcessChecks(images, report, cancellationToken),
        ];
        foreach (var check in checks)
        {
            cancellationToken.ThrowIfCancellationRequested();
            report.Try(null, check);
        }
        Summarize(content, images, report);
    }

    private static Action[] ProcessChecks(CheckpointImages images, CheckReport report, CancellationToken cancellationToken)
    {
        var without = images.Content.WithoutImage("pstree.img");
        if (images.Content.IsPreCheckpoint)
            return [() => report.Warning(without.ErrorId, null, without.Message)];
        if (without.ErrorId == nameof(ArchiveFailure.ImagesNotInArchive))
            return [() => report.Error(without.ErrorId, null, $"{without.Message} {without.RecommendedAction}")];
        return
        [
            () => TaskCheck.Run(images, report, cancellationToken),
            () => PageCheck.Run(images, report, cancellationToken),
            () => FileCheck.Run(images, report),
            () => AddObstacles(images, report, cancellationToken),
        ];
    }

    private static void AddObstacles(CheckpointImages images, CheckReport report, CancellationToken cancellationToken)
    {
        foreach (var obstacle in RestoreObstacles.Find(images, cancellationToken))
            report.Warning(obstacle.Check, report.Image(obstacle.Image), $"{obstacle.Message} {obstacle.Cure}");
    }

    private static void Summarize(CheckpointContent content, CheckpointImages images, CheckReport report)
    {
        var processes = 0;
        if (content.FindImage("pstree.img") is not null)
            report.Try(report.Image("pstree.img"), () => processes = images.Tasks.Count);
        var missing = content.HasImagesOnly ? "; CRIU images alone, without config.dump and spec.dump" : "";
        var size = $"{content.Members.Count} members, {processes} processes{missing}";
        var omitted = report.Omitted == 0 ? "" : $"; {report.Omitted} more findings are left out";
        report.Summarize(report.Errors + report.Warnings == 0
            ? $"whole and consistent: {size}"
            : $"{report.Errors} errors and {report.Warnings} warnings: {size}{omitted}");
    }
}
