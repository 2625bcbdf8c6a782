using System.Net;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Stages;
using KubeCheckpoint.Images;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>Makes pods from restore images and archives.</summary>
/// <param name="cluster">The cluster. Stays the caller's to dispose of.</param>
public sealed class PodRestorer(ClusterClient cluster)
{
    private const int LastNumber = 9;

    /// <summary>
    /// Says what a restore would do: finds how the pod looked, a node or nodes whose runtime is right, and builds the manifest. Archives are
    /// made into images for the runtime of that node. Changes nothing.
    /// </summary>
    /// <param name="request">What to restore.</param>
    /// <param name="cancellationToken">Cancels the requests for nodes and the live pod.</param>
    /// <exception cref="KubeCheckpointException">
    /// NoRestoreImage, RepositoryMissing, PodManifestMissing; NodeNotFound, NodeNotReady, NodeRuntimeUnsupported, NodeArchitectureDiffers,
    /// RestoreImageOtherRuntime, RestoreImagesDiffer, NoSuitableNode; those of <see cref="BuildManifest"/>; Forbidden, ClusterUnreachable and
    /// the like.
    /// </exception>
    public async Task<RestorePlan> PlanAsync(RestoreRequest request, CancellationToken cancellationToken)
    {
        var placement = await new PlacementFinder(cluster, request).FindAsync(cancellationToken).ConfigureAwait(false);
        var planned = WithDrafts(request with { Placement = placement });
        var plan = new RestorePlan(planned, BuildManifest(planned, await GetManifestAsync(planned, cancellationToken).ConfigureAwait(false)));
        CheckNode(plan);
        return plan;
    }

    /// <summary>Says what a restore would do as far as that can be said without a cluster.</summary>
    /// <param name="request">What to restore; the images or archives know how the pod looked.</param>
    /// <returns>The plan, or null where nobody but the cluster knows the pod.</returns>
    /// <exception cref="KubeCheckpointException">NoRestoreImage, RepositoryMissing; those of <see cref="BuildManifest"/>.</exception>
    public static RestorePlan? PlanOffline(RestoreRequest request)
    {
        var planned = WithDrafts(request);
        return StoredManifest(planned) is { } stored ? new(planned, BuildManifest(planned, stored)) : null;
    }

    /// <summary>
    /// Finds how the pod looked: the request's manifest, else the one stored with an image, else the live pod of that name.
    /// </summary>
    /// <param name="request">What to restore.</param>
    /// <param name="cancellationToken">Cancels the request for the live pod.</param>
    /// <returns>The pod as JSON, for <see cref="BuildManifest"/>.</returns>
    /// <exception cref="KubeCheckpointException">NoRestoreImage, PodManifestMissing, Forbidden, ClusterUnreachable and the like.</exception>
    public async Task<string> GetManifestAsync(RestoreRequest request, CancellationToken cancellationToken)
    {
        if (request.Images.Count == 0)
            throw RestoreFailure.NoRestoreImage();
        if (StoredManifest(request) is { } stored)
            return stored;
        var image = request.Images[0];
        if (image.Namespace is null || image.PodName is null)
            throw RestoreFailure.PodManifestMissing(image.Reference);
        var pod = await cluster.Pods.FindAsync(image.Namespace, image.PodName, cancellationToken).ConfigureAwait(false);
        return pod?.Manifest ?? throw RestoreFailure.PodManifestMissing(image.Reference);
    }

    /// <summary>
    /// Makes the manifest of the pod to create. Volumes, mounts, environment, service account, resources and security context stay as
    /// they were, and so do init containers, which run again: what they put into an emptyDir is not in a checkpoint. Status, uid, finalizers
    /// and ephemeral containers go, and unless the owners are kept also the labels by which a controller would take the pod for its own.
    /// Mounts that the checkpointed containers had and the manifest lacks are added where they can be made up for. Images are named by
    /// digest.
    /// </summary>
    /// <param name="request">Images, name, namespace and node.</param>
    /// <param name="podManifest">The pod that was checkpointed, as JSON.</param>
    /// <returns>The pod to create, as JSON.</returns>
    /// <exception cref="KubeCheckpointException">
    /// NoRestoreImage, PodManifestInvalid, AmbiguousRestoreImage, RestoreContainerNotFound, RestoreImageNotPushed, OwnerInOtherNamespace,
    /// InvalidName.
    /// </exception>
    public static string BuildManifest(RestoreRequest request, string podManifest)
    {
        if (request.Images.Count == 0)
            throw RestoreFailure.NoRestoreImage();
        return RestoreManifest.Build(request, podManifest);
    }

    /// <summary>Holds the finished manifest against what the checkpoints need.</summary>
    /// <param name="plan">The plan, its manifest perhaps changed.</param>
    /// <exception cref="KubeCheckpointException">RestoreMountMissing, PodManifestInvalid.</exception>
    public static void Check(RestorePlan plan) => RestoreManifest.CheckMounts(plan.Request, plan.Manifest);

    /// <summary>Makes and pushes the images of a plan's archives.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="progress">Is told the bytes that are hashed and sent.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The plan with its images pushed and named by digest.</returns>
    /// <exception cref="KubeCheckpointException">What <see cref="RestoreImageFactory.CreateAsync"/> throws.</exception>
    public static async Task<RestorePlan> PushAsync(RestorePlan plan, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        if (plan.Request.Archives.Count == 0)
            return plan;
        var pushed = new List<RestoreImage>();
        foreach (var archive in plan.Request.Archives)
        {
            var image = new RestoreImageRequest
            {
                Archive = archive,
                TargetRuntime = plan.Runtime,
                Repository = plan.Request.Repository,
                PodManifest = plan.Request.Manifest,
                Registry = plan.Request.Registry,
            };
            pushed.Add(await RestoreImageFactory.CreateAsync(image, progress, cancellationToken).ConfigureAwait(false));
        }

        var pod = JsonNode.Parse(plan.Manifest)!;
        RestoreContainers.Pin(pod["spec"]!.AsObject(), pushed);
        var images = plan.Request.Images.Where(image => image.Digest.Length > 0 || image.ArchivePath.Length == 0).Concat(pushed).ToList();
        return plan with { Manifest = pod.ToJsonString(), Request = plan.Request with { Images = images, Archives = [] } };
    }

    /// <summary>
    /// Carries out a plan: pushes what is to be pushed, has the base images pulled, creates the pod and waits until it is Running and Ready.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="times">Is told how long the steps took, or null.</param>
    /// <param name="progress">Is told the steps.</param>
    /// <param name="cancellationToken">Ends it. What is asked for by then stays, unless the request says otherwise.</param>
    /// <exception cref="KubeCheckpointException">
    /// RestoreMountMissing; those of the push; BaseImagePullRefused, BaseImagePullFailed; PodExists, PodManifestRefused, NamespaceNotFound,
    /// Forbidden, RequestRefused; RestoreFailed, RestoredPodGone, RestoreTimedOut; ClusterUnreachable and the like.
    /// </exception>
    public async Task<RestoredPod> RestoreAsync(
        RestorePlan plan, StageTimes? times, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        times ??= new();
        Check(plan);
        if (plan.Request.Archives.Count > 0)
        {
            plan = await times.MeasureAsync(RestoreStage.Push, () => PushAsync(plan, progress, cancellationToken)).ConfigureAwait(false);
        }

        var manifest = plan.Manifest;
        if (plan.Request.PullBaseImages)
        {
            manifest = await times.MeasureAsync(RestoreStage.PullBaseImage, () => PullAsync(plan, progress, cancellationToken)).ConfigureAwait(false);
        }

        var pod = await times.MeasureAsync(RestoreStage.Restore, () => RestoreAsync(plan.Request, manifest, progress, cancellationToken))
            .ConfigureAwait(false);
        return new(pod, plan.Request.Images);
    }

    /// <summary>
    /// Creates the pod and waits until it is Running and Ready. A pod that does not get there is left for the user to look at, and so is one
    /// that is no longer waited for, unless the request says that it is to be removed.
    /// </summary>
    /// <param name="request">The request that the manifest was built for.</param>
    /// <param name="manifest">What <see cref="BuildManifest"/> returned.</param>
    /// <param name="progress">Is told the pod's status.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The pod, ready.</returns>
    /// <exception cref="KubeCheckpointException">
    /// PodExists, PodManifestRefused, NamespaceNotFound, Forbidden, RequestRefused; RestoreFailed, RestoredPodGone, RestoreTimedOut;
    /// ClusterUnreachable and the like.
    /// </exception>
    public async Task<Pod> RestoreAsync(
        RestoreRequest request, string manifest, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var pod = JsonNode.Parse(manifest)!.AsObject();
        var ns = (string)pod["metadata"]!["namespace"]!;
        var own = new OwnPod(cluster.Server, ns);
        try
        {
            var name = await CreateAsync(own, pod, ns, isNameChosen: request.Name is not null, cancellationToken).ConfigureAwait(false);
            progress?.Report(new($"Restoring {ns}/{name}", "Created", 0, null));
            var wait = new RestoreWait(cluster, ns, name, request.Timeout, progress) { IsRemovedOnFailure = request.RemoveOnFailure };
            return await wait.UntilReadyAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (request.RemoveOnFailure)
        {
            await own.DeleteAfterAsync(cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    private static void CheckNode(RestorePlan plan)
    {
        if (plan.Request.Placement.Node is not { } node)
            return;
        var mismatch = NodeRestriction.Mismatch(JsonNode.Parse(plan.Manifest)!["spec"]!.AsObject(), node);
        if (mismatch is not null)
            throw PlacementFailure.NodeSelectorMismatch(plan.PodName, node.Name, mismatch);
    }

    private static RestoreRequest WithDrafts(RestoreRequest request)
    {
        if (request.Archives.Count == 0)
            return request;
        var repository = request.Repository ?? throw RestoreFailure.RepositoryMissing(request.Archives[0].Path);
        var drafts = request.Archives.Select(archive => ImageDraft.Of(archive, repository, request.Placement.Runtime ?? archive.Engine));
        return request with { Images = [.. request.Images, .. drafts] };
    }

    private static string? StoredManifest(RestoreRequest request) =>
        request.Manifest ?? request.Images.Select(image => image.PodManifest).FirstOrDefault(manifest => manifest is not null);

    /// <summary>The manifest, tied to the node that has the images now where the scheduler chose it.</summary>
    private async Task<string> PullAsync(RestorePlan plan, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var pod = JsonNode.Parse(plan.Manifest)!.AsObject();
        var node = await new BaseImagePull(cluster, plan.Request, pod, progress).RunAsync(cancellationToken).ConfigureAwait(false);
        if (node is not null && plan.NodeName is null)
            NodeRestriction.Pin(pod["spec"]!.AsObject(), node);
        return pod.ToJsonString();
    }

    /// <summary>Creates the pod, under the next free number where its name was not the user's choice.</summary>
    private async Task<string> CreateAsync(OwnPod own, JsonObject pod, string ns, bool isNameChosen, CancellationToken cancellationToken)
    {
        var first = (string)pod["metadata"]!["name"]!;
        for (var number = 1; ; number++)
        {
            var name = number == 1 ? first : RestoreManifest.WithSuffix(first, $"-{number}");
            pod["metadata"]!["name"] = name;
            var answer = await own.CreateAsync(pod, cancellationToken).ConfigureAwait(false);
            if (answer.IsSuccess)
                return name;
            if (answer.Status == HttpStatusCode.Conflict && !isNameChosen && number < LastNumber)
                continue;
            throw answer.Status switch
            {
                HttpStatusCode.Conflict => RestoreFailure.PodExists(ns, name, answer.ToException()),
                HttpStatusCode.NotFound => PodFailure.NamespaceNotFound(ns, answer.ToException()),
                HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity =>
                    RestoreFailure.PodManifestRefused(ns, name, answer.Message, answer.ToException()),
                _ => ApiRefusal.ToFailure(answer, cluster.Server.Connection.BaseUri),
            };
        }
    }
}
