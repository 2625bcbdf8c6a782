using System.Collections.Concurrent;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>
/// Brings archives off their nodes through one helper pod per node, which sees the node's checkpoint folder and nothing else. The pods
/// are deleted by <see cref="DisposeAsync"/>; should that not come to pass, they end at a deadline of their own.
/// </summary>
public sealed class ArchiveTransfer : IAsyncDisposable
{
    /// <summary>Where kubelets put archives unless their root directory was moved.</summary>
    private const string CheckpointFolder = "/var/lib/kubelet/checkpoints";

    private const int HelpersForOneArchive = 3;

    /// <summary>Ctrl+C is to end within a second, also where the server hangs.</summary>
    private static readonly TimeSpan DisposeLimit = TimeSpan.FromMilliseconds(900);

    private readonly ClusterClient _cluster;
    private readonly ArchiveTransferOptions _options;
    private readonly ConcurrentDictionary<(string Node, string Folder), HelperPod> _helpers = new();
    private readonly ConcurrentBag<HelperPod> _made = [];
    private readonly CancellationTokenSource _lifetime = new();
    private int _isDisposed;

    /// <summary>Makes a transfer. Nothing is sent and no pod is made before the first archive.</summary>
    /// <param name="cluster">The cluster. Stays the caller's to dispose of, after this.</param>
    /// <param name="options">The helper pods, and what to do with source and destination.</param>
    /// <exception cref="KubeCheckpointException">InvalidName: the namespace's name cannot be one.</exception>
    public ArchiveTransfer(ClusterClient cluster, ArchiveTransferOptions options)
    {
        ResourceName.Namespace(options.Namespace);
        _cluster = cluster;
        _options = options;
    }

    /// <summary>
    /// Brings an archive into a local folder. It arrives in ranges in a <c>.partial</c> file, which a later call goes on with, is compared
    /// with the node by size and sha256, and gets its name only then: the node's, with what is illegal on some system replaced. The pod's
    /// manifest is put beside it. Both are readable for their owner only.
    /// </summary>
    /// <param name="request">The archive.</param>
    /// <param name="progress">Is told the bytes that have arrived.</param>
    /// <param name="cancellationToken">Ends the transfer; what has arrived stays as .partial.</param>
    /// <returns>Where the archive is now, and what kept it from being deleted on the node, if it was to be.</returns>
    /// <exception cref="KubeCheckpointException">
    /// NodePathInvalid, NodeNotFound, ArchiveNotOnNode, ArchiveStillWritten; HelperNamespaceMissing, HelperPodRefused, HelperPodNotStarted,
    /// HelperPodGone, HelperToolMissing, HelperCommandFailed, ExecForbidden, Forbidden; TransferBroken, ArchiveVerificationFailed;
    /// DestinationExists, DestinationBusy, DestinationNotWritable, DiskFull.
    /// </exception>
    public async Task<SavedArchive> SaveAsync(SaveRequest request, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _lifetime.Token);
        var source = NodePath.Parse(request.NodePath);
        var node = ResourceName.Node(request.NodeName);
        var destination = new LocalArchive(MakePath(request, source), _options.Overwrite);
        for (var attempt = 1; ; attempt++)
        {
            progress?.Report(new($"Saving {source.FileName} from {node}", "Waiting for the helper pod", 0, null));
            var helper = Helper(node, source.Folder);
            try
            {
                var files = new NodeFiles(helper, await helper.StartedAsync(ending.Token).ConfigureAwait(false));
                await new ArchiveDownload(files, node, source, destination, _options.RangeSize, progress).RunAsync(ending.Token)
                    .ConfigureAwait(false);
                if (request.PodManifest is not null)
                {
                    await destination.WriteManifestAsync(request.PodManifest, ending.Token).ConfigureAwait(false);
                }

                var removeFailure = _options.RemoveSource
                    ? await RemoveAsync(files, node, source, destination.Path, ending.Token).ConfigureAwait(false)
                    : null;
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
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _lifetime.Token);
        var helper = Helper(ResourceName.Node(nodeName), CheckpointFolder);
        var files = new NodeFiles(helper, await helper.StartedAsync(ending.Token).ConfigureAwait(false));
        return await files.ListAsync(CheckpointFolder, namePrefix, ending.Token).ConfigureAwait(false);
    }

    /// <summary>Deletes an archive on its node. Says the tool's words where that fails, else null.</summary>
    /// <param name="nodeName">The node.</param>
    /// <param name="nodePath">The archive's path there.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="KubeCheckpointException">What bringing an archive throws of its node and helper pod.</exception>
    public async Task<string?> RemoveAsync(string nodeName, string nodePath, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _lifetime.Token);
        var path = NodePath.Parse(nodePath);
        var helper = Helper(ResourceName.Node(nodeName), path.Folder);
        var files = new NodeFiles(helper, await helper.StartedAsync(ending.Token).ConfigureAwait(false));
        return (await RemoveAsync(files, nodeName, path, nodePath, ending.Token).ConfigureAwait(false))?.Message;
    }

    /// <summary>Has a helper pod on a node ready before it is needed.</summary>
    internal Task PrepareAsync(string node, CancellationToken cancellationToken) =>
        Helper(ResourceName.Node(node), CheckpointFolder).StartedAsync(cancellationToken);

    /// <summary>
    /// Deletes the archives of a pod on a node, through the helper pods that are there already. The names of archives begin with the pod's and its
    /// namespace's; neither can hold the underscore between them.
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
        }
    }

    /// <summary>Ends what is under way and deletes the helper pods. Takes a second at most.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await _lifetime.CancelAsync().ConfigureAwait(false);
        using var limit = new CancellationTokenSource(DisposeLimit);
        await Task.WhenAll(_made.Select(helper => helper.DeleteAsync(limit.Token))).ConfigureAwait(false);
        _lifetime.Dispose();
    }

    private HelperPod Helper(string node, string folder)
    {
        while (true)
        {
            ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
            var key = (node, folder);
            var helper = _helpers.GetOrAdd(key, _ => Make(node, folder));
            if (!helper.IsExpired)
                return helper;
            _helpers.TryRemove(new(key, helper));
        }
    }

    private HelperPod Make(string node, string folder)
    {
        var helper = new HelperPod(_cluster, _options, node, HelperRole.Transfer(folder, _options), _lifetime.Token);
        _made.Add(helper);
        return helper;
    }

    private static string MakePath(SaveRequest request, NodePath source)
    {
        var folder = Path.GetFullPath(request.DestinationFolder);
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw TransferFailure.DestinationNotWritable(folder, exception);
        }

        return Path.Combine(folder, LocalArchiveName.From(source.FileName));
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
