using System.Text.RegularExpressions;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Archives.Volumes;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Volumes;

/// <summary>
/// Copies the content of a pod's emptyDir volumes and /dev/shm from its node, through a helper pod that mounts nothing but these folders. It may
/// read files of any owner (capability DAC_READ_SEARCH). <see cref="DisposeAsync"/> deletes the pods that are left.
/// </summary>
/// <param name="cluster">The cluster. The caller disposes of it, after this object.</param>
/// <param name="archives">Reads the archive on the node to find /dev/shm. The caller disposes of it.</param>
/// <param name="options">The options of the helper pods and the destination.</param>
public sealed partial class VolumeTransfer(ClusterClient cluster, ArchiveTransfer archives, ArchiveTransferOptions options) : IAsyncDisposable
{
    private const string MountFolder = "/volumes";
    private const string SharedMemoryFolder = "/shared-memory";

    private static readonly string[] RequiredTools = ["tar", "find", "stat", "awk"];

    private readonly HelperPodSet _pods = new(cluster, options);

    /// <summary>
    /// Copies the volumes to partial files. They get their names by <see cref="PendingVolumes.PublishAsync"/>, once the archive is saved too.
    /// </summary>
    /// <param name="request">The container.</param>
    /// <param name="progress">Receives the number of bytes that have arrived.</param>
    /// <param name="cancellationToken">Cancels the copy.</param>
    /// <exception cref="KubeCheckpointException">
    /// VolumePodUnknown, VolumeNotSaved, VolumeGrew, VolumeVerificationFailed; NodePathInvalid, NodeNotFound, HelperPodNotStarted,
    /// HelperToolMissing and the other failures of helper pods; DestinationExists, DestinationBusy, DestinationNotWritable, DiskFull.
    /// </exception>
    public async Task<PendingVolumes> CopyAsync(VolumeRequest request, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _pods.Lifetime);
        var source = NodePath.Parse(request.NodePath);
        var node = ResourceName.Node(request.NodeName);
        var pending = new PendingVolumes(DestinationOf(request, source), options.Overwrite, request.Passing);
        if (pending.IsSaved)
            return pending;
        var folders = await FoldersOfAsync(request, source, ending.Token).ConfigureAwait(false);
        foreach (var folder in folders)
            pending.CheckDestination(folder);
        if (folders.Count == 0)
            return pending;
        try
        {
            await CopyAsync(request, node, folders, pending, progress, ending.Token).ConfigureAwait(false);
            return pending;
        }
        catch
        {
            pending.Discard();
            throw;
        }
    }

    /// <summary>Cancels running copies and deletes the helper pods. Takes at most a second.</summary>
    public ValueTask DisposeAsync() => _pods.DisposeAsync();

    private async Task CopyAsync(
        VolumeRequest request,
        string node,
        IReadOnlyList<VolumeFolder> folders,
        PendingVolumes pending,
        IProgress<TransferProgress>? progress,
        CancellationToken cancellationToken)
    {
        progress?.Report(new($"Saving the volumes of {node}", "Waiting for the helper pod", 0, null));
        var mounts = folders.Select(folder => folder.Mount).Distinct().ToList();
        var helper = _pods.Add(node, new(OwnerRole.Transfer, mounts, NeedsTools: true) { Capabilities = ["DAC_READ_SEARCH"] });
        try
        {
            var tools = await helper.StartedAsync(cancellationToken).ConfigureAwait(false);
            helper.Require(tools, RequiredTools);
            var (_, version) = await helper.Exec.RunAsync(NodeVolume.VersionScript, ServerConnection.SmallRequest, cancellationToken).ConfigureAwait(false);
            var isGnuTar = version.Contains("GNU tar", StringComparison.Ordinal);
            foreach (var folder in folders)
            {
                var destination = pending.DestinationOf(folder);
                var volume = new NodeVolume(helper, tools, folder.Path, isGnuTar);
                var download = new VolumeDownload(volume, node, folder.Name, isGnuTar, destination, helper.Exec.Timings, progress);
                var copy = await GuardAsync(() => download.RunAsync(cancellationToken), destination).ConfigureAwait(false);
                pending.Add(folder, copy, request.CheckpointedAt);
            }
        }
        finally
        {
            // The pod holds the mounts of the volumes: it goes at once, so that the pod they belong to can.
            using var limit = new CancellationTokenSource(CleanupLimit.Cancelled);
            await helper.DeleteAsync(limit.Token).ConfigureAwait(false);
        }
    }

    private static async Task<VolumeCopy> GuardAsync(Func<Task<VolumeCopy>> copy, IArchiveDestination destination)
    {
        try
        {
            return await copy().ConfigureAwait(false);
        }
        catch (IOException exception) when (WholeFile.IsDiskFull(exception))
        {
            destination.DeletePartial();
            throw TransferFailure.DiskFull(destination.Path, 0, exception);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            throw ArchiveFailure.DestinationNotWritable(destination.Path, exception);
        }
        catch (Exception)
        {
            destination.DeletePartial();
            throw;
        }
    }

    private async Task<IReadOnlyList<VolumeFolder>> FoldersOfAsync(VolumeRequest request, NodePath source, CancellationToken cancellationToken)
    {
        if (!Uid().IsMatch(request.PodUid))
            throw VolumeFailure.VolumePodUnknown(request.NodePath);

        // The kubelet's checkpoints are in a folder beside that of its pods.
        var root = source.Folder[..source.Folder.LastIndexOf('/')];
        var emptyDirs = new HelperFolder("volumes", $"{root}/pods/{request.PodUid}/volumes/kubernetes.io~empty-dir", MountFolder, IsReadOnly: true);
        var folders = EmptyDirsOf(request).Select(name => new VolumeFolder(name, CheckpointVolumeKind.EmptyDir, $"{MountFolder}/{name}", emptyDirs)).ToList();
        var spec = await archives.ReadMemberAsync(request.NodeName, request.NodePath, SharedMemory.SpecMember, cancellationToken).ConfigureAwait(false);
        if (spec is not null && SharedMemory.Find(spec) is { } sharedMemory)
        {
            var mount = new HelperFolder("shared-memory", sharedMemory, SharedMemoryFolder, IsReadOnly: true);
            folders.Add(new(VolumeFiles.SharedMemory, CheckpointVolumeKind.SharedMemory, SharedMemoryFolder, mount));
        }

        return folders;
    }

    /// <summary>The emptyDir volumes that the container mounts.</summary>
    private static IEnumerable<string> EmptyDirsOf(VolumeRequest request)
    {
        var pod = PodDocument.Parse(request.PodManifest);
        var mounted = (request.ContainerName is { } name && pod.FindContainer(name) is { } container ? [container] : pod.Containers)
            .SelectMany(known => known.Objects("volumeMounts")).Select(mount => mount.Text("name")).ToHashSet();
        return pod.CopyableEmptyDirs.Where(volume => mounted.Contains(volume) && VolumeFiles.IsName(volume));
    }

    private static string DestinationOf(VolumeRequest request, NodePath source)
    {
        var name = LocalArchiveName.From(source.FileName);
        if (request.Passing is not null)
            return name;
        var folder = Path.GetFullPath(request.DestinationFolder);
        try
        {
            PrivateFolder.Make(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ArchiveFailure.DestinationNotWritable(folder, exception);
        }

        return Path.Combine(folder, name);
    }

    [GeneratedRegex(@"^[0-9a-fA-F][0-9a-fA-F-]{0,62}[0-9a-fA-F]\z")]
    private static partial Regex Uid();
}

/// <summary>A volume's folder in a helper pod.</summary>
/// <param name="Name">The name of the volume.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Path">The path in the helper pod.</param>
/// <param name="Mount">The mount that the path is in.</param>
internal sealed record VolumeFolder(string Name, CheckpointVolumeKind Kind, string Path, HelperFolder Mount);
