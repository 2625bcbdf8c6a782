using System.Diagnostics;
using System.Net;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>
/// Pulls the images that the containers ran from. CRI-O never pulls them; containerd pulls them without the pod's pull secrets, up to 2.2.6
/// even if they are present. They are pulled by digest: an image whose tag has moved would otherwise lose its last name, and the kubelet
/// cannot handle a container whose image has no name (<c>status.Image is not set</c>).
/// </summary>
/// <param name="cluster">The cluster. The caller disposes of it.</param>
/// <param name="pod">The pod to restore, with the node it is bound to, if any.</param>
/// <param name="timeout">How long the pull may take.</param>
/// <param name="progress">Receives the steps.</param>
internal sealed class BaseImagePull(ClusterClient cluster, PodDocument pod, TimeSpan timeout, IProgress<TransferProgress>? progress)
{
    /// <summary>The kubelet retries a pull, and the second try often succeeds.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    private static readonly string[] Waiting = ["ContainerCreating", "PodInitializing"];

    private static readonly string[] Failing =
        ["ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError", "SignatureValidationFailed"];

    private static readonly string[] Fatal = ["InvalidImageName", "ErrImageNeverPull"];

    private readonly string _ns = pod.Namespace;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private TimeSpan? _failingSince;

    /// <summary>Pulls images.</summary>
    /// <param name="images">The images, each with a container that needs it.</param>
    /// <param name="cancellationToken">Cancels the pull.</param>
    /// <returns>The node that has the images now; null if nothing had to be pulled.</returns>
    /// <exception cref="KubeCheckpointException">BaseImagePullRefused, BaseImagePullFailed, Forbidden, ClusterUnreachable and the like.</exception>
    public async Task<string?> RunAsync(IReadOnlyList<(string Container, string Image)> images, CancellationToken cancellationToken)
    {
        if (images.Count == 0)
            return null;
        var name = WellKnownNames.NewName(OwnerRole.Pull);
        progress?.Report(new($"Pulling {string.Join(", ", images.Select(image => image.Image))}", null, 0, null));
        var manifest = BaseImagePullManifest.Build(name, pod, images, timeout, cluster.Owner);
        var puller = new OwnPod(cluster.Server, _ns);
        try
        {
            await CreateAsync(puller, manifest, cancellationToken).ConfigureAwait(false);
            return await WaitAsync(name, images, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await puller.DeleteAfterAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The images of a plan that are to be pulled: none if the node already has all of them.</summary>
    public static IReadOnlyList<(string Container, string Image)> ImagesOf(RestorePlan plan)
    {
        var images = plan.Images
            .Select(image => (Container: image.ContainerName, Image: image.BaseImage))
            .Where(image => image.Image is not null)
            .DistinctBy(image => image.Image)
            .Select(image => (image.Container, image.Image!))
            .ToList();
        return plan.Placement.Node is { } node && images.All(image => node.ImageNames.Contains(image.Item2) || plan.Request.PulledImages.Contains(image.Item2))
            ? []
            : images;
    }

    /// <summary>The images that containers of a pod run, by digest, where a node does not list them.</summary>
    public static IReadOnlyList<(string Container, string Image)> ImagesOf(Pod pod, IReadOnlyList<string> containers, ClusterNode node) =>
    [
        .. pod.Containers
            .Where(container => containers.Contains(container.Name) && container.ImageId?.Contains("@sha256:", StringComparison.Ordinal) == true)
            .Select(container => (container.Name, container.ImageId!))
            .DistinctBy(image => image.Item2)
            .Where(image => !node.ImageNames.Contains(image.Item2)),
    ];

    private async Task CreateAsync(OwnPod puller, PodDocument manifest, CancellationToken cancellationToken)
    {
        var answer = await puller.CreateAsync(manifest.Json, cancellationToken).ConfigureAwait(false);
        if (!answer.IsSuccess)
            throw Refused(answer);
    }

    private KubeCheckpointException Refused(ServerResponse answer) => answer.Status switch
    {
        HttpStatusCode.NotFound => PodFailure.NamespaceNotFound(_ns, answer.ToException()),
        HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity => BaseImageFailure.BaseImagePullRefused(_ns, answer.Message, answer.ToException()),
        HttpStatusCode.Forbidden when ApiRefusal.Forbidden(answer).ErrorId != nameof(ConnectionFailure.Forbidden) =>
            BaseImageFailure.BaseImagePullRefused(_ns, answer.Message, answer.ToException()),
        _ => ApiRefusal.ToFailure(answer, cluster.Server.Connection.BaseUri),
    };

    private async Task<string?> WaitAsync(string name, IReadOnlyList<(string Container, string Image)> images, CancellationToken cancellationToken)
    {
        using var watcher = new PodWatcher(cluster.Pods, cluster.Target, _ns, name);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        Pod? puller = null;
        try
        {
            while (true)
            {
                puller = await watcher.NextAsync(limit.Token).ConfigureAwait(false) ?? throw RestoreFailure.RestoredPodGone(_ns, name);
                if (puller.Containers.All(IsPulled))
                    return puller.NodeName;
                var failed = Failed(puller);
                if (failed is not null || puller.Phase == "Failed")
                    throw await FailureAsync(name, puller, failed, images, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw await FailureAsync(name, puller, container: null, images, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The pull comes first: any later failure of the container shows that the image is present.</summary>
    private static bool IsPulled(Container container) =>
        container.State is ContainerState.Running or ContainerState.Terminated
        || (container is { State: ContainerState.Waiting, Reason: { } reason } && !IsBeforePull(reason));

    private static bool IsBeforePull(string reason) => Waiting.Contains(reason) || Failing.Contains(reason) || Fatal.Contains(reason);

    private Container? Failed(Pod puller)
    {
        if (puller.Containers.FirstOrDefault(container => Fatal.Contains(container.Reason)) is { } fatal)
            return fatal;
        if (puller.Containers.FirstOrDefault(container => Failing.Contains(container.Reason)) is not { } failing)
        {
            _failingSince = null;
            return null;
        }

        _failingSince ??= _watch.Elapsed;
        return _watch.Elapsed - _failingSince > Grace ? failing : null;
    }

    private async Task<KubeCheckpointException> FailureAsync(
        string name, Pod? puller, Container? container, IReadOnlyList<(string Container, string Image)> images, CancellationToken cancellationToken)
    {
        var events = await PodEvents.WarningsAsync(cluster.Server, _ns, name, cancellationToken).ConfigureAwait(false);
        container ??= puller?.Containers.FirstOrDefault(candidate => Failing.Contains(candidate.Reason));
        var words = container?.Message ?? container?.Reason ?? puller?.StatusMessage ?? puller?.ConditionMessage
            ?? $"the pod that pulls it is {puller?.Status ?? "unknown"} after {_watch.Elapsed.TotalSeconds:0} s";
        return BaseImageFailure.BaseImagePullFailed(
            _ns,
            container?.Image ?? images[0].Image,
            puller?.NodeName,
            words.TrimEnd('.') + ".",
            [.. pod.PullSecrets],
            [.. events.Select(text => text.Shorten(300))]);
    }
}
