using KubeCheckpoint.Archives.Requirements;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Volumes;

namespace KubeCheckpoint.Cluster.Preflight.Restores;

/// <summary>Checks what the processes need from mounts and volumes, according to the archive and its pod's manifest.</summary>
internal static class VolumeChecks
{
    private const SupportScope Scope = SupportScope.Restore;

    private const string SaveVolumes =
        "Checkpoint the container again and save the archive with Save-CheckpointArchive -IncludeVolumes: Restore-Pod puts the content back.";

    private const string SaveSooner =
        "Take a new checkpoint and save it with -IncludeVolumes at once (Invoke-ContainerCheckpoint | Save-CheckpointArchive), while little is written.";

    public static void Add(CheckList checks, RestoreRequirements archive, PodDocument? pod, CancellationToken cancellationToken)
    {
        var saved = SavedFiles.Read(archive, cancellationToken);
        AddManifest(checks, archive, pod);
        AddEmptyDirs(checks, archive, pod, saved);
        AddFiles(checks, archive, pod, saved);
        AddSharedMemory(checks, archive, saved);
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

    private static void AddEmptyDirs(CheckList checks, RestoreRequirements archive, PodDocument? pod, SavedFiles saved)
    {
        const string Name = "EmptyDirs";
        var mounts = archive.Mounts.Where(mount => BeginsEmpty(mount, pod)).ToList();
        var folders = mounts.Where(mount => saved.Find(mount) is null).Select(mount => mount.MountPath).ToList();
        if (mounts.Count == 0)
            checks.Passed(Name, Scope, "none");
        else if (folders.Count == 0)
            checks.Passed(Name, Scope, $"the content of {CheckText.Names([.. mounts.Select(mount => mount.MountPath)])} is beside the archive");
        else
            checks.Warning(Name, Scope, $"{CheckText.Names(folders)} will be empty: a checkpoint does not contain emptyDir volumes", SaveVolumes);
    }

    /// <summary>CRIU opens every file again by its path and compares its size.</summary>
    private static void AddFiles(CheckList checks, RestoreRequirements archive, PodDocument? pod, SavedFiles saved)
    {
        const string Name = "FilesInVolumes";
        var kept = archive.FilesInVolumes.Where(file => BeginsEmpty(file.Mount, pod) && saved.Find(file.Mount) is not null).ToList();
        var lost = archive.FilesInVolumes.Except(kept).Where(file => BeginsEmpty(file.Mount, pod)).ToList();
        var volumes = kept.Select(file => saved.Find(file.Mount)!).Distinct().ToList();
        var problems = volumes.SelectMany(saved.ProblemsOf).ToList();
        var grown = volumes.SelectMany(saved.CutsOf).Select(file => file.Name).ToList();

        // The kubelet keeps these in a folder named after the time it wrote them: ..2026_11_23_07_02_06.123456789.
        var renamed = archive.FilesInVolumes.Where(file => file.Path.Contains("/..", StringComparison.Ordinal)).ToList();
        var others = archive.FilesInVolumes.Except(lost).Except(kept).Except(renamed).ToList();
        if (renamed.Count > 0)
        {
            checks.Failed(
                Name,
                Scope,
                $"{CheckText.Names(Paths(renamed))} are open, and have another path in the new pod",
                PodAdvice.CloseFiles);
        }
        else if (problems.Count > 0)
        {
            checks.Failed(Name, Scope, string.Join("; ", problems), SaveSooner);
        }
        else if (lost.Count > 0 && pod?.HasInitContainers != true)
        {
            checks.Failed(
                Name,
                Scope,
                $"{CheckText.Names(Paths(lost))} are in use, and emptyDir volumes will be empty",
                SaveVolumes);
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
        else if (grown.Count > 0)
        {
            checks.Warning(Name, Scope, $"{CheckText.Names(grown)} grew after the checkpoint: they are cut to their size at the checkpoint", SaveSooner);
        }
        else if (kept.Count > 0)
        {
            checks.Passed(Name, Scope, $"{CheckText.Names(Paths(kept))} are in use, and beside the archive");
        }
        else
        {
            checks.Passed(Name, Scope, "no files in volumes are in use");
        }
    }

    private static void AddSharedMemory(CheckList checks, RestoreRequirements archive, SavedFiles saved)
    {
        const string Name = "SharedMemory";
        if (archive.SharedMemoryFiles.Count == 0)
        {
            checks.Passed(Name, Scope, "no files in /dev/shm are in use");
        }
        else if (saved.SharedMemory is { } volume)
        {
            var problems = saved.ProblemsOf(volume).ToList();
            if (problems.Count == 0)
                checks.Passed(Name, Scope, $"{CheckText.Names(archive.SharedMemoryFiles)} are in use, and beside the archive");
            else
                checks.Failed(Name, Scope, string.Join("; ", problems), SaveSooner);
        }
        else
        {
            var content = archive.HasSharedMemoryContent ? "the archive has their content, but only Podman restores it" : "their content is not in the archive";
            checks.Failed(
                Name,
                Scope,
                $"{CheckText.Names(archive.SharedMemoryFiles)} are in use: {content}",
                SaveVolumes);
        }
    }

    /// <summary>Seen: <c>File etc/hosts has bad size 212 (expect 205)</c>, because the name or address of the new pod was longer.</summary>
    private static void AddPodFiles(CheckList checks, RestoreRequirements archive)
    {
        const string Name = "PodFiles";
        var named = archive.PodFiles.Where(path => path != "/etc/resolv.conf").ToList();
        if (named.Count > 0)
        {
            checks.Undecided(
                Name,
                Scope,
                $"{CheckText.Names(named)} are open, and must keep their size: "
                + "the name and address of the new pod must be as long as those of the old one",
                PodAdvice.CloseFiles);
        }
        else if (archive.PodFiles.Count > 0)
        {
            checks.Warning(
                Name,
                Scope,
                $"{CheckText.Names(archive.PodFiles)} is open, and must keep its size: "
                + "the new pod must have the same namespace and DNS settings as the old one",
                PodAdvice.CloseFiles);
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
            checks.Warning(Name, Scope, $"the container mounts {CheckText.Names(paths)} from its node", PodAdvice.HavePaths);
    }

    private static void AddHostNetwork(CheckList checks, PodDocument? pod)
    {
        if (pod?.UsesHostNetwork != true)
            return;
        checks.Warning(
            "HostNetwork",
            Scope,
            PodAdvice.HostNetwork,
            PodAdvice.FreeHostNetwork);
    }

    /// <summary>Whether the mount is an emptyDir volume. For a subPath, only the pod's manifest tells the kind of volume.</summary>
    private static bool BeginsEmpty(NeededMount mount, PodDocument? pod) =>
        mount.Origin == MountOrigin.EmptyDir
        || (mount.Origin == MountOrigin.SubPath && mount.VolumeName is { } volume && pod?.EmptyDirs.Contains(volume) == true);

    private static List<string> Paths(IEnumerable<VolumeFile> files) => [.. files.Select(file => file.Path)];
}
