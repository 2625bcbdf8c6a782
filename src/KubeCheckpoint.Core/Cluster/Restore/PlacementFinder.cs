using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Nodes;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>
/// Finds the nodes that a pod can be restored on: the requested node, or all nodes with the right runtime and architecture. Archives can be
/// converted for another runtime; an image is for one runtime only.
/// </summary>
internal sealed class PlacementFinder(ClusterClient cluster, RestoreRequest request)
{
    private const string Linux = "linux";

    private readonly string _pod = request.SourcePodName ?? "";

    /// <exception cref="KubeCheckpointException">
    /// NodeNotFound, NodeNotReady, NodeRuntimeUnsupported, NodeArchitectureDiffers, RestoreImageOtherRuntime, NoSuitableNode;
    /// ClusterUnreachable and the like. If nodes may not be read, the pod may run anywhere.
    /// </exception>
    public async Task<PodPlacement> FindAsync(CancellationToken cancellationToken)
    {
        try
        {
            return request.NodeName is { } name
                ? On(await cluster.GetNodeAsync(name, cancellationToken).ConfigureAwait(false))
                : Among(await cluster.GetNodesAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (KubeCheckpointException failure) when (failure.ErrorId == nameof(ConnectionFailure.Forbidden))
        {
            return PodPlacement.Anywhere with { NodeName = request.NodeName, Runtime = RuntimeOfImages() };
        }
    }

    private PodPlacement On(ClusterNode node)
    {
        if (!node.IsReady)
            throw PlacementFailure.NodeNotReady(node.Name);
        if (node.Runtime is not { } runtime)
            throw PlacementFailure.NodeRuntimeUnsupported(node.Name, node.RuntimeName);
        if (Architectures().FirstOrDefault(architecture => node.Architecture is { } own && own != architecture) is { } other)
            throw PlacementFailure.NodeArchitectureDiffers(_pod, other, node.Name, node.Architecture!);
        if (request.Images.FirstOrDefault(image => image.TargetRuntime != runtime) is { } image)
            throw PlacementFailure.RestoreImageOtherRuntime(image.Reference, image.TargetRuntime, node.Name, runtime);
        return new() { NodeName = node.Name, Node = node, Runtime = runtime, Fitting = [node] };
    }

    private PodPlacement Among(IReadOnlyList<ClusterNode> nodes)
    {
        var wanted = RuntimeOfImages() ?? RuntimeOfArchives();
        if (wanted is null)
            return PodPlacement.Anywhere;
        var usable = nodes.Where(node => node.IsReady && !node.IsUnschedulable && node.OperatingSystem is null or Linux && HasArchitecture(node)).ToList();
        foreach (var runtime in Candidates(wanted.Value))
        {
            if (!usable.Exists(node => node.Runtime == runtime))
                continue;

            // A node that is cordoned or not ready now may become usable: the scheduler decides when.
            var isFitting = nodes.ToLookup(node => node.Runtime == runtime && HasArchitecture(node));
            return new() { Runtime = runtime, Fitting = [.. isFitting[true]], Unfit = [.. isFitting[false]] };
        }

        throw PlacementFailure.NoSuitableNode(_pod, [.. Candidates(wanted.Value)], [.. Architectures()]);
    }

    /// <summary>The runtime that wrote the archives comes first: it needs no conversion.</summary>
    private IEnumerable<CheckpointEngine> Candidates(CheckpointEngine wanted) => request.Images.Count > 0
        ? [wanted]
        : new[] { wanted, CheckpointEngine.CriO, CheckpointEngine.Containerd }.Where(engine => engine != CheckpointEngine.Podman).Distinct();

    private bool HasArchitecture(ClusterNode node) => node.Architecture is null || Architectures().All(architecture => architecture == node.Architecture);

    private CheckpointEngine? RuntimeOfImages()
    {
        var runtimes = request.Images.Select(image => image.TargetRuntime).Distinct().ToList();
        return runtimes.Count < 2
            ? runtimes.Cast<CheckpointEngine?>().FirstOrDefault()
            : throw PlacementFailure.RestoreImagesDiffer(_pod, [.. request.Images.Select(image => $"{image.Reference} ({image.TargetRuntime})")]);
    }

    private CheckpointEngine? RuntimeOfArchives() => request.Archives.Count == 0 ? null : request.Archives[0].Engine;

    private IEnumerable<string> Architectures() => request.Archives.Select(archive => archive.Architecture)
        .Concat(request.Images.Select(image => image.Architecture))
        .OfType<string>().Distinct(StringComparer.Ordinal);
}
