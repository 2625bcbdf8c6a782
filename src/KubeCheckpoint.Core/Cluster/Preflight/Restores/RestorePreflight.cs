using System.Collections.Concurrent;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Requirements;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Preflight.Hosts;
using KubeCheckpoint.Images.Conversion;

namespace KubeCheckpoint.Cluster.Preflight.Restores;

/// <summary>
/// Tests whether checkpoints can be restored on nodes, by comparing what an archive needs with what a node has. A node is read and inspected
/// once for all archives. What cannot be found out is Unknown and does not fail the test.
/// </summary>
public sealed class RestorePreflight : IAsyncDisposable
{
    private const SupportScope Scope = SupportScope.Restore;

    private readonly ClusterClient _cluster;
    private readonly RestorePreflightOptions _options;
    private readonly AccessReviews _reviews;
    private readonly NodeInspector _inspector;
    private readonly ImageChecks _images;
    private readonly ConcurrentDictionary<string, Lazy<Task<ClusterNode>>> _nodes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<Task<Fact<NodeDisk>>>> _disks = new(StringComparer.Ordinal);

    /// <summary>Creates a preflight, without sending a request.</summary>
    /// <param name="cluster">The cluster. The caller disposes of it, after this object.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="KubeCheckpointException">InvalidName: a namespace is not a valid name.</exception>
    public RestorePreflight(ClusterClient cluster, RestorePreflightOptions options)
    {
        ResourceName.Namespace(options.Helper.Namespace);
        if (options.Namespace is not null)
            ResourceName.Namespace(options.Namespace);
        _cluster = cluster;
        _options = options;
        _reviews = new(cluster.Server);
        _inspector = new(cluster, options.Helper);
        _images = new(options.Registry);
    }

    /// <summary>Tests whether an archive can be restored on a node.</summary>
    /// <param name="archivePath">The archive.</param>
    /// <param name="nodeName">The node.</param>
    /// <param name="progress">Receives the steps.</param>
    /// <param name="cancellationToken">Cancels the test.</param>
    /// <exception cref="KubeCheckpointException">
    /// NodeNotFound, Forbidden, ClusterUnreachable and the like; ArchiveNotFound and the other failures of reading an archive.
    /// </exception>
    public Task<RestoreSupport> TestAsync(
        string archivePath, string nodeName, IProgress<TransferProgress>? progress, CancellationToken cancellationToken) =>
        TestAsync(archivePath, volumes: null, nodeName, progress, cancellationToken);

    /// <summary>Tests whether an archive can be restored on a node with certain volumes; null for those that are listed beside the archive.</summary>
    internal async Task<RestoreSupport> TestAsync(
        string archivePath,
        IReadOnlyList<CheckpointVolume>? volumes,
        string nodeName,
        IProgress<TransferProgress>? progress,
        CancellationToken cancellationToken)
    {
        void Report(string status) => progress?.Report(new($"Testing {Path.GetFileName(archivePath)} for {nodeName}", status, 0, null));
        Report("Reading the archive");
        var requirements = await RestoreRequirementsReader.ReadAsync(archivePath, cancellationToken).ConfigureAwait(false);
        if (volumes is not null)
            requirements = requirements with { Archive = requirements.Archive with { Volumes = volumes } };
        requirements.Archive.RequireEngine();
        Report("Asking the node");
        var node = await NodeAsync(nodeName, cancellationToken).ConfigureAwait(false);
        var disk = DiskAsync(nodeName, cancellationToken);
        var host = await InspectAsync(node, cancellationToken).ConfigureAwait(false);
        var checks = new CheckList(nodeName, requirements.Archive.Path);
        AddNode(checks, node, host);
        AddMemory(checks, requirements);
        new RestoreComparison(checks, requirements, node, host).Add();
        await Task.Run(() => AddConversion(checks, requirements.Archive, node, cancellationToken), cancellationToken).ConfigureAwait(false);
        AddDisk(checks, await disk.ConfigureAwait(false), requirements.Archive.Size);
        Report("Asking the cluster");
        await AddClusterAsync(checks, requirements, node, cancellationToken).ConfigureAwait(false);
        await _images.AddAsync(checks, requirements, node, cancellationToken).ConfigureAwait(false);
        return Result(requirements.Archive, node, checks);
    }

    /// <summary>Reads and inspects a node before the archives exist that are to be tested for it.</summary>
    /// <param name="nodeName">The node.</param>
    /// <param name="cancellationToken">Cancels the inspection.</param>
    /// <exception cref="KubeCheckpointException">NodeNotFound, Forbidden, ClusterUnreachable and the like.</exception>
    internal async Task PrepareAsync(string nodeName, CancellationToken cancellationToken)
    {
        var disk = DiskAsync(nodeName, cancellationToken);
        var node = await NodeAsync(nodeName, cancellationToken).ConfigureAwait(false);
        await InspectAsync(node, cancellationToken).ConfigureAwait(false);
        await disk.ConfigureAwait(false);
    }

    /// <summary>Cancels running tests and deletes the pods that inspect nodes. Takes at most a second.</summary>
    public ValueTask DisposeAsync() => _inspector.DisposeAsync();

    private static void AddNode(CheckList checks, ClusterNode node, Fact<NodeHost> host)
    {
        NodeChecks.AddReady(checks, node, Scope);
        NodeChecks.AddPressure(checks, node.Pressures, Scope);
        RuntimeChecks.AddRestore(checks, node, host.Value);
        if (host.Value is { SeesFiles: true } seen)
            HostChecks.AddPolicy(checks, seen.Configuration);
    }

    private static void AddMemory(CheckList checks, RestoreRequirements requirements)
    {
        const string Name = "Memory";
        if (requirements.Obstacle is { } obstacle)
            checks.Failed(Name, Scope, obstacle.Message, obstacle.RecommendedAction);
        else
            checks.Passed(Name, Scope, "the archive has all pages that its pagemaps list");
    }

    private static void AddConversion(CheckList checks, CheckpointArchive archive, ClusterNode node, CancellationToken cancellationToken)
    {
        const string Name = "Conversion";
        if (node.Runtime is not { } runtime || runtime == archive.Engine)
            checks.Skipped(Name, Scope, "not needed");
        else if (RuntimeConversion.FindObstacle(new(archive, runtime), cancellationToken) is { } obstacle)
            checks.Failed(Name, Scope, obstacle.Message, obstacle.RecommendedAction);
        else
            checks.Passed(Name, Scope, $"an image for {runtime} can be built from the archive");
    }

    /// <summary>Checks for space for the image twice, since the node pulls it and then unpacks it.</summary>
    private static void AddDisk(CheckList checks, Fact<NodeDisk> disk, long archiveSize)
    {
        const string Name = "Disk";
        const string Remedy = "Free some space on the node.";
        var needed = 2 * archiveSize;
        var left = disk.Value is { } known ? known.ImageAvailableBytes ?? known.AvailableBytes : 0;
        if (disk.Value is null)
            checks.Unknown(Name, Scope, $"the kubelet's statistics could not be read ({disk.Reason})");
        else if (left < needed)
            checks.Failed(Name, Scope, $"{CheckText.Size(left)} left for images, and the restore takes {CheckText.Size(needed)}", Remedy);
        else
            checks.Passed(Name, Scope, $"{CheckText.Size(left)} left for images");
    }

    private async Task AddClusterAsync(CheckList checks, RestoreRequirements requirements, ClusterNode node, CancellationToken cancellationToken)
    {
        var ns = _options.Namespace ?? requirements.Archive.Namespace ?? _cluster.DefaultNamespace;
        await new AccessChecks(checks, _reviews, node.Name).AddRestoreAsync(ns, cancellationToken).ConfigureAwait(false);
        var pod = PodDocument.TryParse(requirements.Archive.PodManifest);
        await Task.Run(() => VolumeChecks.Add(checks, requirements, pod, cancellationToken), cancellationToken).ConfigureAwait(false);
        await new ReferenceChecks(checks, _cluster.Server, node, ns).AddAsync(pod, cancellationToken).ConfigureAwait(false);
    }

    private Task<ClusterNode> NodeAsync(string name, CancellationToken cancellationToken) => _nodes
        .GetOrAdd(name, key => new(() => _cluster.GetNodeAsync(key, CancellationToken.None)))
        .Value.WaitAsync(cancellationToken);

    private Task<Fact<NodeDisk>> DiskAsync(string name, CancellationToken cancellationToken) => _disks
        .GetOrAdd(name, key => new(() => new KubeletReader(_cluster.Server, key).GetDiskAsync(CancellationToken.None)))
        .Value.WaitAsync(cancellationToken);

    private async Task<Fact<NodeHost>> InspectAsync(ClusterNode node, CancellationToken cancellationToken)
    {
        if (!_options.LooksAtNode)
            return Fact<NodeHost>.Unknown("the node was not inspected");
        return node.IsReady
            ? await _inspector.InspectAsync(node.Name, cancellationToken).ConfigureAwait(false)
            : Fact<NodeHost>.Unknown("the node is not Ready");
    }

    private static RestoreSupport Result(CheckpointArchive archive, ClusterNode node, CheckList checks) => new()
    {
        ArchivePath = archive.Path,
        NodeName = node.Name,
        Namespace = archive.Namespace,
        PodName = archive.PodName,
        ContainerName = archive.RequireContainerName(),
        Engine = archive.RequireEngine(),
        TargetRuntime = node.Runtime,
        RuntimeVersion = node.RuntimeVersion,
        CanRestore = checks.Verdict(Scope),
        Checks = checks.Checks,
    };
}
