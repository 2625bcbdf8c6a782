using KubeCheckpoint.Archives.Requirements;
using KubeCheckpoint.Cluster.Preflight.Checks;

namespace KubeCheckpoint.Cluster.Preflight.Restores;

/// <summary>What the processes need of mounts and volumes, as far as the archive and its pod's manifest tell.</summary>
internal static class VolumeChecks
{
    private const SupportScope Scope = SupportScope.Restore;
    private const int MostNamed = 5;

    public static void Add(CheckList checks, RestoreRequirements archive, PodReferences pod)
    {
        AddManifest(checks, archive, pod);
        AddEmptyDirs(checks, archive, pod);
        AddFiles(checks, archive, pod);
        AddSharedMemory(checks, archive);
        AddPodFiles(checks, archive);
        AddHostPaths(checks, archive);
        if (pod.UsesHostNetwork)
            checks.Warning("HostNetwork", Scope, "the pod uses its node's network: its ports and addresses must be free there", "Stop the original first, or restore on a node where nothing listens on them.");
    }

    private static void AddManifest(CheckList checks, RestoreRequirements archive, PodReferences pod)
    {
        const string Name = "PodManifest";
        var mounts = archive.Mounts.Count == 0 ? "" : $", which must have mounts at {Some([.. archive.Mounts.Select(mount => mount.MountPath)])}";
        if (pod.IsKnown)
        {
            checks.Passed(Name, Scope, $"beside the archive{mounts}");
        }
        else
        {
            checks.Warning(
                Name, Scope, $"the pod's manifest is not beside the archive{mounts}",
                "Restore-Pod takes the live pod's while it is there, or -Manifest. Save-CheckpointArchive saves it when checkpoints come down the pipeline.");
        }
    }

    private static void AddEmptyDirs(CheckList checks, RestoreRequirements archive, PodReferences pod)
    {
        const string Name = "EmptyDirs";
        var folders = archive.Mounts.Where(mount => BeginsEmpty(mount, pod)).Select(mount => mount.MountPath).ToList();
        if (folders.Count == 0)
            checks.Passed(Name, Scope, "none");
        else
            checks.Warning(Name, Scope, $"{Some(folders)} come back empty: the content of emptyDir volumes is not in a checkpoint", "Copy it before (kubectl cp), or keep it in a PersistentVolumeClaim.");
    }

    /// <summary>CRIU opens every file anew by its path, and compares its size.</summary>
    private static void AddFiles(CheckList checks, RestoreRequirements archive, PodReferences pod)
    {
        const string Name = "FilesInVolumes";
        var lost = archive.FilesInVolumes.Where(file => BeginsEmpty(file.Mount, pod)).ToList();

        // The kubelet keeps these under a folder named after the moment it wrote them: ..2026_11_23_07_02_06.123456789.
        var renamed = archive.FilesInVolumes.Where(file => file.Path.Contains("/..", StringComparison.Ordinal)).ToList();
        var others = archive.FilesInVolumes.Except(lost).Except(renamed).ToList();
        if (renamed.Count > 0)
            checks.Failed(Name, Scope, $"{Some(Paths(renamed))} are open, and the kubelet writes them under another name in the new pod", "Checkpoint the container while it has them closed.");
        else if (lost.Count > 0 && !pod.HasInitContainers)
            checks.Failed(Name, Scope, $"{Some(Paths(lost))} are in use, and emptyDir volumes come back empty", "Checkpoint the container while it has them closed, or keep them in a PersistentVolumeClaim.");
        else if (lost.Count > 0)
            checks.Warning(Name, Scope, $"{Some(Paths(lost))} are in use in emptyDir volumes, which come back with what the init containers put there", "They must be there with the same size.");
        else if (others.Count > 0)
            checks.Warning(Name, Scope, $"{Some(Paths(others))} are in use", "They must be there as they were, of the same size.");
        else
            checks.Passed(Name, Scope, "no files in volumes are in use");
    }

    private static void AddSharedMemory(CheckList checks, RestoreRequirements archive)
    {
        const string Name = "SharedMemory";
        if (archive.SharedMemoryFiles.Count == 0)
        {
            checks.Passed(Name, Scope, "no files in /dev/shm are in use");
        }
        else
        {
            var content = archive.HasSharedMemoryContent ? "their content, which the archive has, only Podman puts back" : "their content is not in the archive";
            checks.Failed(Name, Scope, $"{Some(archive.SharedMemoryFiles)} are in use: {content}", "Have the process use memfd_create or an unlinked file, or checkpoint it while it has them closed.");
        }
    }

    /// <summary>Seen: <c>File etc/hosts has bad size 212 (expect 205)</c>, the new pod's name or address being longer than the old one's.</summary>
    private static void AddPodFiles(CheckList checks, RestoreRequirements archive)
    {
        const string Name = "PodFiles";
        const string Remedy = "Checkpoint the container while it has them closed.";
        var named = archive.PodFiles.Where(path => path != "/etc/resolv.conf").ToList();
        if (named.Count > 0)
            checks.Undecided(Name, Scope, $"{Some(named)} are open, and must have their old size: the new pod's name and address must be as long as the old one's", Remedy);
        else if (archive.PodFiles.Count > 0)
            checks.Warning(Name, Scope, $"{Some(archive.PodFiles)} is open, and must have its old size: the new pod's namespace and DNS settings must be as the old one's", Remedy);
        else
            checks.Passed(Name, Scope, "no files that each pod has of its own are in use");
    }

    private static void AddHostPaths(CheckList checks, RestoreRequirements archive)
    {
        const string Name = "HostPaths";
        var paths = archive.Mounts.Where(mount => mount.Origin == MountOrigin.Node).Select(mount => $"{mount.NodePath} (at {mount.MountPath})").ToList();
        if (paths.Count == 0)
            checks.Passed(Name, Scope, "none");
        else
            checks.Warning(Name, Scope, $"it mounts {Some(paths)} of its node", "The new node must have them, with the same content.");
    }

    /// <summary>A part of a volume (subPath) does not say what volume it is of; the pod's manifest does.</summary>
    private static bool BeginsEmpty(NeededMount mount, PodReferences pod) =>
        mount.Origin == MountOrigin.EmptyDir || (mount.Origin == MountOrigin.SubPath && mount.VolumeName is { } volume && pod.EmptyDirs.Contains(volume));

    private static List<string> Paths(IEnumerable<VolumeFile> files) => [.. files.Select(file => file.Path)];

    private static string Some(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(MostNamed)) + (names.Count > MostNamed ? $" and {names.Count - MostNamed} more" : "");
}
