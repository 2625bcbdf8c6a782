using System.Collections.Concurrent;
using System.Globalization;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>
/// Copies archives from their nodes through one helper pod per node, which mounts only the node's checkpoint folder.
/// <see cref="DisposeAsync"/> deletes the pods; if it never runs, they end at their own deadline.
/// </summary>
public sealed class ArchiveTransfer : IAsyncDisposable
{
    /// <summary>The folder of kubelets for archives, unless their root directory was changed.</summary>
    internal const string CheckpointFolder = "/var/lib/kubelet/checkpoints";

    private const int HelpersForOneArchive = 3;

    private readonly ArchiveTransferOptions _options;
    private readonly ConcurrentDictionary<(string Node, string Folder), HelperPod> _helpers = new();
    private readonly HelperPodSet _pods;
    private int _claims;

    /// <summary>Creates a transfer. The first archive sends the first request and creates the first pod.</summary>
    /// <param name="cluster">The cluster. The caller disposes of it, after this object.</param>
    /// <param name="options">The options of the helper pods, the source and the destination.</param>
    /// <exception cref="KubeCheckpointException">InvalidName: the namespace is not a valid name.</exception>
    public ArchiveTransfer(ClusterClient cluster, ArchiveTransferOptions options)
    {
        ResourceName.Namespace(options.Namespace);
        _options = options;
        _pods = new(cluster, options);
    }

    /// <summary>
    /// Copies an archive to a local folder. The archive arrives in ranges in a <c>.partial</c> file, which a later call resumes. When its
    /// size and sha256 match the node's, it gets the name that it has on the node, without characters that are illegal on some system. The
    /// pod's manifest is saved beside it. Only the owner can read the two files.
    /// </summary>
    /// <param name="request">The archive.</param>
    /// <param name="progress">Receives the number of bytes that have arrived.</param>
    /// <param name="cancellationToken">Cancels the transfer; the .partial file stays.</param>
    /// <returns>The local path, and the failure to delete the archive on the node, if any.</returns>
    /// <exception cref="KubeCheckpointException">
    /// NodePathInvalid, NodeNotFound, ArchiveNotOnNode, ArchiveStillWritten; HelperNamespaceMissing, HelperPodRefused, HelperPodNotStarted,
    /// HelperPodGone, HelperToolMissing, HelperCommandFailed, ExecForbidden, Forbidden; TransferBroken, ArchiveVerificationFailed;
    /// DestinationExists, DestinationBusy, DestinationNotWritable, DiskFull.
    /// </exception>
    public async Task<SavedArchive> SaveAsync(SaveRequest request, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _pods.Lifetime);
        var destination = DestinationOf(request, NodePath.Parse(request.NodePath).FileName);
        await using (destination.ConfigureAwait(false))
        {
            if (request.NewUpload is null)
                return await SaveToAsync(request, destination, null, progress, ending.Token).ConfigureAwait(false);
            var upload = request.NewUpload();
            await using (upload.ConfigureAwait(false))
                return await SaveToAsync(request, destination, upload, progress, ending.Token).ConfigureAwait(false);
        }
    }

    private async Task<SavedArchive> SaveToAsync(
        SaveRequest request,
        IArchiveDestination destination,
        IArchiveUpload? upload,
        IProgress<TransferProgress>? progress,
        CancellationToken cancellationToken)
    {
        var source = request.Claim?.Path ?? NodePath.Parse(request.NodePath);
        var node = ResourceName.Node(request.NodeName);
        var name = NodePath.Parse(request.NodePath).FileName;
        if (request.PodManifest is not null)
            await destination.CheckManifestAsync(request.PodManifest.Json, cancellationToken).ConfigureAwait(false);
        for (var attempt = 1; ; attempt++)
        {
            progress?.Report(new($"Saving {name} from {node}", "Waiting for the helper pod", 0, null));
            var helper = Helper(node, source.Folder);
            try
            {
                var files = new NodeFiles(helper, await helper.StartedAsync(cancellationToken).ConfigureAwait(false));
                await new ArchiveDownload(files, node, source, name, destination, _options.RangeSize, upload, progress).RunAsync(cancellationToken)
                    .ConfigureAwait(false);
                if (request.PodManifest is not null)
                {
                    await destination.WriteManifestAsync(request.PodManifest.Json, cancellationToken).ConfigureAwait(false);
                }

                var removeFailure = _options.RemoveSource
                    ? await RemoveAsync(files, node, source, destination.Path, cancellationToken).ConfigureAwait(false)
                    : null;
                if (request.Claim is { } claim && _options.RemoveSource && removeFailure is null)
                    await ReleaseAsync(claim, cancellationToken).ConfigureAwait(false);
                return new(destination.Path, removeFailure);
            }
            catch (KubeCheckpointException failure)
                when (failure.ErrorId == nameof(HelperFailure.HelperPodGone) && attempt < HelpersForOneArchive)
            {
                _helpers.TryRemove(new((node, source.Folder), helper));
            }
        }
    }

    /// <summary>Lists the archives on a node whose file names begin with a prefix.</summary>
    /// <param name="nodeName">The node.</param>
    /// <param name="namePrefix">The beginning of the file names, such as <c>checkpoint-web_shop-app-</c>.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    internal async Task<IReadOnlyList<NodeArchive>> ListAsync(string nodeName, string namePrefix, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _pods.Lifetime);
        var helper = Helper(ResourceName.Node(nodeName), CheckpointFolder);
        var files = new NodeFiles(helper, await helper.StartedAsync(ending.Token).ConfigureAwait(false));
        return await files.ListAsync(CheckpointFolder, namePrefix, ending.Token).ConfigureAwait(false);
    }

    /// <summary>Reads a small member of an archive on its node; null if there is none.</summary>
    /// <param name="nodeName">The node.</param>
    /// <param name="nodePath">The path of the archive on the node.</param>
    /// <param name="member">The name of the member.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    internal async Task<string?> ReadMemberAsync(string nodeName, string nodePath, string member, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _pods.Lifetime);
        var path = NodePath.Parse(nodePath);
        var helper = Helper(ResourceName.Node(nodeName), path.Folder);
        var files = new NodeFiles(helper, await helper.StartedAsync(ending.Token).ConfigureAwait(false));
        return await files.ReadMemberAsync(path, member, ending.Token).ConfigureAwait(false);
    }

    /// <summary>Deletes an archive on its node. Returns the error message if that fails, or null.</summary>
    /// <param name="nodeName">The node.</param>
    /// <param name="nodePath">The path of the archive on the node.</param>
    /// <param name="cancellationToken">Cancels the deletion.</param>
    /// <exception cref="KubeCheckpointException">The failures of <see cref="SaveAsync"/> that concern the node and the helper pod.</exception>
    public async Task<string?> RemoveAsync(string nodeName, string nodePath, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _pods.Lifetime);
        var path = NodePath.Parse(nodePath);
        var helper = Helper(ResourceName.Node(nodeName), path.Folder);
        var files = new NodeFiles(helper, await helper.StartedAsync(ending.Token).ConfigureAwait(false));
        return (await RemoveAsync(files, nodeName, path, nodePath, ending.Token).ConfigureAwait(false))?.Message;
    }

    /// <summary>Reads logs of containers from nodes.</summary>
    internal NodeLog Logs => new(_pods);

    /// <summary>
    /// Marks the archive of a checkpoint that is about to be requested, so that it is removed even if this process dies. It is null where archives
    /// stay, and where no helper pod can be had: that is reported when the archive is to be saved.
    /// </summary>
    /// <param name="nodeName">The node.</param>
    /// <param name="prefix">The beginning of the names of the container's archives.</param>
    /// <param name="container">The container.</param>
    /// <param name="cancellationToken">Cancels the start of the helper pod.</param>
    internal async Task<ArchiveClaim?> ClaimAsync(string nodeName, string prefix, string container, CancellationToken cancellationToken)
    {
        if (!_options.IsPassing)
            return null;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _pods.Lifetime);
        try
        {
            var helper = Helper(ResourceName.Node(nodeName), CheckpointFolder);
            var files = new NodeFiles(helper, await helper.StartedAsync(ending.Token).ConfigureAwait(false));
            var claim = NewClaim(nodeName, helper, prefix, container);
            await files.RequestAsync(claim, CheckpointFolder, ending.Token).ConfigureAwait(false);
            return claim;
        }
        catch (KubeCheckpointException)
        {
            return null;
        }
    }

    /// <summary>Renames the archive of a checkpoint, which is known now. One that cannot be renamed is removed under its own name.</summary>
    internal async Task<ArchiveClaim?> MarkAsync(ArchiveClaim? claim, ContainerCheckpoint checkpoint, string prefix, CancellationToken cancellationToken)
    {
        if (!_options.IsPassing)
            return null;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _pods.Lifetime);
        var path = NodePath.Parse(checkpoint.NodePath);
        if (claim is not null && path.Folder != CheckpointFolder)
        {
            await ReleaseAsync(claim, ending.Token).ConfigureAwait(false);
            claim = null;
        }

        claim ??= NewClaim(checkpoint.NodeName!, Helper(ResourceName.Node(checkpoint.NodeName!), path.Folder), prefix, checkpoint.ContainerName);
        claim.Path = path;
        try
        {
            var files = new NodeFiles(claim.Helper, await claim.Helper.StartedAsync(ending.Token).ConfigureAwait(false));
            await files.RenameAsync(claim, path, ending.Token).ConfigureAwait(false);
            claim.Path = path with { FileName = claim.ArchiveFile };
        }
        catch (KubeCheckpointException)
        {
            // As above.
        }

        return claim;
    }

    /// <summary>Deletes a marked archive on its node. Returns the error message if that fails, or null.</summary>
    internal async Task<string?> RemoveAsync(ArchiveClaim claim, CancellationToken cancellationToken)
    {
        var message = await RemoveAsync(claim.Node, claim.Path!.ToString(), cancellationToken).ConfigureAwait(false);
        if (message is null)
            await ReleaseAsync(claim, cancellationToken).ConfigureAwait(false);
        return message;
    }

    /// <summary>Forgets an archive that does not exist, or is removed. Never throws.</summary>
    internal static async Task ReleaseAsync(ArchiveClaim claim, CancellationToken cancellationToken)
    {
        try
        {
            if (!claim.IsRenamed)
            {
                var files = new NodeFiles(claim.Helper, await claim.Helper.StartedAsync(cancellationToken).ConfigureAwait(false));
                foreach (var file in (string[])[claim.RequestFile, claim.ArchiveFile])
                    await files.RemoveAsync(new(CheckpointFolder, file), cancellationToken).ConfigureAwait(false);
            }

            claim.Helper.Claims.TryRemove(claim, out _);
        }
        catch (Exception exception) when (exception is KubeCheckpointException or IOException or OperationCanceledException)
        {
            // The helper pod stays until it notices that no one uses it.
        }
    }

    /// <summary>Starts the helper pod on a node before it is needed.</summary>
    internal Task PrepareAsync(string node, CancellationToken cancellationToken) =>
        Helper(ResourceName.Node(node), CheckpointFolder).StartedAsync(cancellationToken);

    /// <summary>
    /// Deletes the archives of a pod on a node, through the existing helper pods. The name of an archive begins with the names of the pod
    /// and its namespace, separated by an underscore, which neither can contain.
    /// </summary>
    internal async Task RemoveAllAsync(string node, string ns, string pod, CancellationToken cancellationToken)
    {
        var prefix = $"checkpoint-{ResourceName.Pod(pod)}_{ResourceName.Namespace(ns)}-";
        foreach (var (key, helper) in _helpers.Where(entry => entry.Key.Node == node))
        {
            var files = new NodeFiles(helper, await helper.StartedAsync(cancellationToken).ConfigureAwait(false));
            foreach (var archive in await files.ListAsync(key.Folder, prefix, cancellationToken).ConfigureAwait(false))
            {
                await files.RemoveAsync(NodePath.Parse(archive.Path), cancellationToken).ConfigureAwait(false);
            }

            foreach (var claim in helper.Claims.Keys)
                await (claim.Path is null ? ReleaseAsync(claim, cancellationToken) : RemoveAsync(claim, cancellationToken)).ConfigureAwait(false);
        }
    }

    /// <summary>Cancels running transfers and deletes the helper pods. Takes at most a second.</summary>
    public ValueTask DisposeAsync() => _pods.DisposeAsync();

    private ArchiveClaim NewClaim(string node, HelperPod helper, string prefix, string container)
    {
        var claim = new ArchiveClaim(node, helper, prefix, string.Create(CultureInfo.InvariantCulture, $"{container}-{Interlocked.Increment(ref _claims)}"));
        helper.Claims[claim] = true;
        return claim;
    }

    private HelperPod Helper(string node, string folder)
    {
        while (true)
        {
            var key = (node, folder);
            var helper = _helpers.GetOrAdd(key, _ => _pods.Add(node, HelperRole.Transfer(folder, _options)));
            if (!helper.IsExpired)
                return helper;
            _helpers.TryRemove(new(key, helper));
        }
    }

    private IArchiveDestination DestinationOf(SaveRequest request, string name) => request.Passing is { } passing
        ? new PassingArchive(passing, LocalArchiveName.From(name), keepsPages: request.NewUpload is null)
        : new LocalArchive(MakePath(request, name), _options.Overwrite);

    private static string MakePath(SaveRequest request, string name)
    {
        var folder = Path.GetFullPath(request.DestinationFolder);
        try
        {
            PrivateFolder.Make(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ArchiveFailure.DestinationNotWritable(folder, exception);
        }

        return Path.Combine(folder, LocalArchiveName.From(name));
    }

    private static async Task<KubeCheckpointException?> RemoveAsync(
        NodeFiles files, string node, NodePath source, string savedAs, CancellationToken cancellationToken)
    {
        string? message;
        try
        {
            message = await files.RemoveAsync(source, cancellationToken).ConfigureAwait(false);
        }
        catch (ExecBrokenException exception)
        {
            message = exception.Message;
        }

        return message is null ? null : TransferFailure.RemoveSourceFailed(node, source.ToString(), savedAs, message);
    }
}

/// <summary>A saved archive.</summary>
/// <param name="Path">Its full local path.</param>
/// <param name="RemoveFailure">
/// RemoveSourceFailed if the archive should have been deleted on the node but could not be, or null. The copy is complete in either case.
/// </param>
public sealed record SavedArchive(string Path, KubeCheckpointException? RemoveFailure);
