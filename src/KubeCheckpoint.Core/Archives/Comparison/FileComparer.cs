using System.Globalization;

namespace KubeCheckpoint.Archives.Comparison;

/// <summary>Compares what is mounted, and what the containers have written and deleted.</summary>
internal sealed class FileComparer(DifferenceFactory factory)
{
    public IEnumerable<CheckpointDifference> CompareMounts(IEnumerable<CheckpointMount> before, IEnumerable<CheckpointMount> after) =>
        factory.Compare(CheckpointDifferenceKind.Mount, before, after, mount => mount.MountPoint, mount => mount.MountPoint, Text);

    public IEnumerable<CheckpointDifference> CompareChanges(IEnumerable<CheckpointFileChange> before, IEnumerable<CheckpointFileChange> after) =>
        factory.Compare(CheckpointDifferenceKind.FileChange, before, after, change => change.Path, change => change.Path, Text);

    private static string Text(CheckpointMount mount) =>
        $"{mount.Type} {mount.Source}{(mount.Root == "/" ? "" : mount.Root)} {string.Join(',', mount.Options)}{(mount.Deleted ? " (deleted)" : "")}";

    private static string Text(CheckpointFileChange change) => change.Change == FileChangeKind.Deleted
        ? "deleted"
        : string.Create(CultureInfo.InvariantCulture,
            $"{change.UnixMode} {change.UserId}:{change.GroupId} {change.Size} {change.ModifiedAt:yyyy-MM-ddTHH:mm:ss.FFFFFFFZ} {change.LinkTarget}").TrimEnd();
}
