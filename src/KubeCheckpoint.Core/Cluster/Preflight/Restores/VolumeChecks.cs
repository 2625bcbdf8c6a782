using KubeCheckpoint.Archives.Requirements;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Preflight.Checks;

namespace KubeCheckpoint.Cluster.Preflight.Restores;

/// <summary>Checks what the processes need from mounts and volumes, according to the archive and its pod's manifest.</summary>
internal static class VolumeChecks
{
    private const SupportScope Scope = SupportScope.Restore;

    public static void Add(CheckList checks, RestoreRequirements archive, PodDocument? pod)
    {
        AddManifest(checks, archive, pod);
        AddEmptyDirs(checks, archive, pod);
        AddFiles(checks, archive, pod);
        AddSharedMemory(checks, archive);
        AddPodFiles(checks, archive);
        AddHostPaths(checks, archive);
        AddHostNetwork(checks, pod);
    }

    private static void AddManifest(CheckList checks, RestoreRequirements archive, PodDocument? pod)
    {
        const string Name = "PodManifest";
        var mounts = archive.Mounts.Count == 0 ? "" : $"; it must have mounts at {CheckText.Names([.. archive.Mounts.Select(mount => mount.MountPath)])}";
        if (pod is not null)
        {
            checks.Passed(Name, Scope, $"beside the archive{mounts}");
        }
        else
        {
            checks.Warning(
                Name,
                Scope,
                $"the pod's manifest is not beside the archive{mounts}",
                "Restore-Pod uses the manifest of the live pod while it exists, or -Manifest. "
                + "Save-CheckpointArchive saves the manifest for checkpoints from the pipeline.");
        }
    }

    private static void AddEmptyDirs(CheckList checks, RestoreRequirements archive, PodDocument? pod)
    {
        const string Name = "EmptyDirs";
        const string Remedy = "Copy the content first (kubectl cp), or keep it in a PersistentVolumeClaim.";
        var folders = archive.Mounts.Where(mount => BeginsEmpty(mount, pod)).Select(mount => mount.MountPath).ToList();
        if (folders.Count == 0)
            checks.Passed(Name, Scope, "none");
        else
            checks.Warning(Name, Scope, $"{CheckText.Names(folders)} will be empty: a checkpoint does not contain emptyDir volumes", Remedy);
    }

    /// <summary>CRIU opens every file again by its path and compares its size.</summary>
    private static void AddFiles(CheckList checks, RestoreRequirements archive, PodDocument? pod)
    {
        const string Name = "FilesInVolumes";
        var lost = archive.FilesInVolumes.Where(file => BeginsEmpty(file.Mount, pod)).ToList();

        // The kubelet keeps these in a folder named after the time it wrote them: ..2026_11_23_07_02_06.123456789.
        var renamed = archive.FilesInVolumes.Where(file => file.Path.Contains("/..", StringComparison.Ordinal)).ToList();
        var others = archive.FilesInVolumes.Except(lost).Except(renamed).ToList();
        if (renamed.Count > 0)
        {
            checks.Failed(
                Name,
                Scope,
                $"{CheckText.Names(Paths(renamed))} are open, and have another path in the new pod",
                "Checkpoint the container while these files are closed.");
        }
        else if (lost.Count > 0 && pod?.HasInitContainers != true)
        {
            checks.Failed(
                Name,
                Scope,
                $"{CheckText.Names(Paths(lost))} are in use, and emptyDir volumes will be empty",
                "Checkpoint the container while these files are closed, or keep them in a PersistentVolumeClaim.");
        }
        else if (lost.Count > 0)
        {
            checks.Warning(
                Name,
                Scope,
                $"{CheckText.Names(Paths(lost))} are in use in emptyDir volumes, which will contain only what the init containers create",
                "The init containers must create these files with the same size.");
        }
        else if (others.Count > 0)
        {
            checks.Warning(
                Name,
                Scope,
                $"{CheckText.Names(Paths(others))} are in use",
                "The new pod must have these files with the same content and size.");
        }
        else
        {
            checks.Passed(Name, Scope, "no files in volumes are in use");
        }
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
            var content = archive.HasSharedMemoryContent ? "the archive has their content, but only Podman restores it" : "their content is not in the archive";
            checks.Failed(
                Name,
                Scope,
                $"{CheckText.Names(archive.SharedMemoryFiles)} are in use: {content}",
                "Let the process use memfd_create or an unlinked file, or checkpoint it while these files are closed.");
        }
    }

    /// <summary>Seen: <c>File etc/hosts has bad size 212 (expect 205)</c>, because the name or address of the new pod was longer.</summary>
    private static void AddPodFiles(CheckList checks, RestoreRequirements archive)
    {
        const string Name = "PodFiles";
        const string Remedy = "Checkpoint the container while these files are closed.";
        var named = archive.PodFiles.Where(path => path != "/etc/resolv.conf").ToList();
        if (named.Count > 0)
        {
            checks.Undecided(
                Name,
                Scope,
                $"{CheckText.Names(named)} are open, and must keep their size: "
                + "the name and address of the new pod must be as long as those of the old one",
                Remedy);
        }
        else if (archive.PodFiles.Count > 0)
        {
            checks.Warning(
                Name,
                Scope,
                $"{CheckText.Names(archive.PodFiles)} is open, and must keep its size: "
                + "the new pod must have the same namespace and DNS settings as the old one",
                Remedy);
        }
        else
        {
            checks.Passed(Name, Scope, "no files that the kubelet writes for each pod are in use");
        }
    }

    private static void AddHostPaths(CheckList checks, RestoreRequirements archive)
    {
        const string Name = "HostPaths";
        var paths = archive.Mounts.Where(mount => mount.Origin == MountOrigin.Node).Select(mount => $"{mount.NodePath} (at {mount.MountPath})").ToList();
        if (paths.Count == 0)
            checks.Passed(Name, Scope, "none");
        else
            checks.Warning(Name, Scope, $"the container mounts {CheckText.Names(paths)} from its node", "The new node must have them, with the same content.");
    }

    private static void AddHostNetwork(CheckList checks, PodDocument? pod)
    {
        if (pod?.UsesHostNetwork != true)
            return;
        checks.Warning(
            "HostNetwork",
            Scope,
            "the pod uses its node's network: its ports and addresses must be free there",
            "Stop the original pod first, or restore on a node where nothing uses them.");
    }

    /// <summary>Whether the mount is an emptyDir volume. For a subPath, only the pod's manifest tells the kind of volume.</summary>
    private static bool BeginsEmpty(NeededMount mount, PodDocument? pod) =>
        mount.Origin == MountOrigin.EmptyDir
        || (mount.Origin == MountOrigin.SubPath && mount.VolumeName is { } volume && pod?.EmptyDirs.Contains(volume) == true);

    private static List<string> Paths(IEnumerable<VolumeFile> files) => [.. files.Select(file => file.Path)];
}
