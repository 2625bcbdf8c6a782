using System.Net;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Containers;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Restore.Files;
using KubeCheckpoint.Cluster.Restore.Patches;
using KubeCheckpoint.Cluster.Stages;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Cluster.Volumes;
using KubeCheckpoint.Http;
using KubeCheckpoint.Images;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>Restores pods from restore images and archives.</summary>
/// <param name="cluster">The cluster. The caller disposes of it.</param>
public sealed class PodRestorer(ClusterClient cluster)
{
    private const int LastNumber = 9;

    /// <summary>
    /// Plans a restore: finds the pod's manifest and a node or nodes with the right runtime, and builds the manifest of the new pod. Images of
    /// archives will be built for the runtime of that node. Changes nothing.
    /// </summary>
    /// <param name="request">What to restore.</param>
    /// <param name="cancellationToken">Cancels the requests for nodes and the live pod.</param>
    /// <exception cref="KubeCheckpointException">
    /// NoRestoreImage, RestoreImageNotPushed, RestoreImageNotRecognized, RepositoryMissing, PodManifestMissing, PodManifestInvalid; NodeNotFound,
    /// NodeNotReady, NodeRuntimeUnsupported, NodeArchitectureDiffers, NodeSelectorMismatch, RestoreImageOtherRuntime, RestoreImagesDiffer, NoSuitableNode;
    /// AmbiguousRestoreImage, RestoreContainerNotFound, OwnerInOtherNamespace, InvalidName; PatchInvalid, PatchNotApplicable;
    /// RestoreMountMissing, RestoreMountsTooMany; VolumesNotFound, VolumesOfOtherArchive, VolumeFileMissing, VolumeVerificationFailed,
    /// VolumeTooLarge; Forbidden, ClusterUnreachable and the like.
    /// </exception>
    public async Task<RestorePlan> PlanAsync(RestoreRequest request, CancellationToken cancellationToken)
    {
        var placement = await new PlacementFinder(cluster, request).FindAsync(cancellationToken).ConfigureAwait(false);
        var images = ImageToRestore.Of(request, placement.Runtime);
        var manifest = StoredManifest(request, images) ?? await GetLiveManifestAsync(images[0], cancellationToken).ConfigureAwait(false);
        var plan = await BuildAsync(request, placement, images, manifest).ConfigureAwait(false);
        if (placement.Node is { } node && NodeRestriction.Mismatch(plan.Pod.Spec, node) is { } mismatch)
            throw PlacementFailure.NodeSelectorMismatch(plan.PodName, node.Name, mismatch);
        return plan with { Volumes = await new RestoreVolumes(request, plan.Pod).FindAsync(cancellationToken).ConfigureAwait(false) };
    }

    /// <summary>Plans a restore as far as that is possible without a cluster.</summary>
    /// <param name="request">What to restore.</param>
    /// <returns>The plan, or null where the manifest is in the cluster only.</returns>
    /// <exception cref="KubeCheckpointException">Those of <see cref="PlanAsync"/> that need no cluster.</exception>
    public static async Task<RestorePlan?> PlanOfflineAsync(RestoreRequest request)
    {
        var images = ImageToRestore.Of(request, runtime: null);
        return StoredManifest(request, images) is { } manifest
            ? await BuildAsync(request, PodPlacement.Anywhere with { NodeName = request.NodeName }, images, manifest).ConfigureAwait(false)
            : null;
    }

    /// <summary>Builds and pushes the images of a plan's archives.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="progress">Receives the bytes that are hashed and sent.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>The plan with its images pushed and named by digest.</returns>
    /// <exception cref="KubeCheckpointException">What <see cref="RestoreImageFactory.CreateAsync"/> throws.</exception>
    public static async Task<RestorePlan> PushAsync(RestorePlan plan, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var images = plan.Images.ToList();
        var pod = plan.Pod.Copy();
        foreach (var draft in plan.Drafts)
        {
            var image = new RestoreImageRequest
            {
                Archive = draft.Archive,
                TargetRuntime = plan.Runtime,
                Repository = plan.Request.Repository,
                PodManifest = plan.Request.Manifest,
                Registry = plan.Request.Registry,
                OnWarning = plan.Request.OnWarning,
            };
            var pushed = new ImageToRestore.Pushed(await RestoreImageFactory.CreateAsync(image, progress, cancellationToken).ConfigureAwait(false));
            RestoreContainers.Pin(pod, draft, pushed);
            images[images.IndexOf(draft)] = pushed;
        }

        return plan with { Pod = pod, Images = images };
    }

    /// <summary>
    /// Carries out a plan: builds and pushes images, pulls the base images, creates the pod and waits until it is Running and Ready. A pod that
    /// does not become ready is left for the user to examine, also after a cancellation, unless the request asks for its removal.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="progress">Receives the steps.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <exception cref="KubeCheckpointException">
    /// Those of the push; BaseImagePullRefused, BaseImagePullFailed; PodExists, PodManifestRefused, NamespaceNotFound, Forbidden,
    /// RequestRefused; VolumePodRefused, VolumeExecForbidden, VolumeRequiresGnuTar, VolumeNotRestored; RestoreFailed, RestoredPodGone,
    /// RestoreTimedOut, RestoredFilesDiffer; ClusterUnreachable and the like.
    /// </exception>
    public Task<RestoredPod> RestoreAsync(RestorePlan plan, IProgress<TransferProgress>? progress, CancellationToken cancellationToken) =>
        RestoreAsync(plan, new(), progress, cancellationToken);

    /// <inheritdoc cref="RestoreAsync(RestorePlan, IProgress{TransferProgress}?, CancellationToken)"/>
    internal async Task<RestoredPod> RestoreAsync(
        RestorePlan plan, StageTimes times, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        if (plan.HasImagesToPush)
            plan = await times.MeasureAsync(RestoreStage.Push, () => PushAsync(plan, progress, cancellationToken)).ConfigureAwait(false);
        if (plan.Request.PullBaseImages)
            plan = await times.MeasureAsync(RestoreStage.PullBaseImage, () => PullAsync(plan, progress, cancellationToken)).ConfigureAwait(false);
        var pod = await times.MeasureAsync(RestoreStage.Restore, () => CreateAsync(plan, progress, cancellationToken)).ConfigureAwait(false);
        return new(pod, plan.PushedImages);
    }

    /// <summary>
    /// Pulls the images that a pod's containers run to a node, before the checkpoint from which the pod is restored there. What cannot be pulled now
    /// is reported when it is needed.
    /// </summary>
    /// <returns>The images that were pulled.</returns>
    internal async Task<IReadOnlyList<string>> PullAheadAsync(
        Pod pod,
        IReadOnlyList<string> containers,
        ClusterNode node,
        TimeSpan timeout,
        IProgress<TransferProgress>? progress,
        CancellationToken cancellationToken)
    {
        var copy = PodDocument.Parse(pod.Manifest).Copy();
        NodeRestriction.Place(copy.Spec, PodPlacement.Anywhere with { NodeName = node.Name });
        var images = BaseImagePull.ImagesOf(pod, containers, node);
        try
        {
            await new BaseImagePull(cluster, copy, timeout, progress).RunAsync(images, cancellationToken).ConfigureAwait(false);
            return [.. images.Select(image => image.Image)];
        }
        catch (KubeCheckpointException)
        {
            return [];
        }
    }

    private static async Task<RestorePlan> BuildAsync(
        RestoreRequest request, PodPlacement placement, IReadOnlyList<ImageToRestore> images, PodManifest manifest)
    {
        var original = PodDocument.Parse(manifest);
        var pod = RestoreManifest.Build(request, placement, images, original);
        if (request.Patch is { } patch)
            pod = ManifestPatch.Apply(pod, patch);
        if (request.Change is { } change)
            pod = PodDocument.Parse(await change(pod.ToManifest()).ConfigureAwait(false));
        RestoreManifest.CheckMounts(pod, placement, images);
        return new(request, placement, images, original, pod);
    }

    /// <summary>The manifest that was given, else one that is stored with an image or archive.</summary>
    private static PodManifest? StoredManifest(RestoreRequest request, IReadOnlyList<ImageToRestore> images) =>
        request.Manifest ?? images.Select(image => image.PodManifest).FirstOrDefault(manifest => manifest is not null);

    private async Task<PodManifest> GetLiveManifestAsync(ImageToRestore image, CancellationToken cancellationToken)
    {
        if (image.Namespace is null || image.PodName is null)
            throw RestoreFailure.PodManifestMissing(image.Reference);
        var pod = await cluster.Pods.FindAsync(image.Namespace, image.PodName, cancellationToken).ConfigureAwait(false);
        return pod?.Manifest ?? throw RestoreFailure.PodManifestMissing(image.Reference);
    }

    /// <summary>Pulls the base images. If the scheduler chose the node, the pod is then tied to it.</summary>
    private async Task<RestorePlan> PullAsync(RestorePlan plan, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var pull = new BaseImagePull(cluster, plan.Pod, plan.Request.Timeout, progress);
        var node = await pull.RunAsync(BaseImagePull.ImagesOf(plan), cancellationToken).ConfigureAwait(false);
        if (node is null || plan.NodeName is not null)
            return plan;
        var pod = plan.Pod.Copy();
        NodeRestriction.Pin(pod.Spec, node);
        return plan with { Pod = pod };
    }

    private async Task<Pod> CreateAsync(RestorePlan plan, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var helpers = new HelperPodSet(cluster, plan.Request.Helper);
        await using (helpers.ConfigureAwait(false))
        {
            var catchLog = plan.Request.CatchLog ?? (plan.Request.ReadsLog ? new NodeLog(helpers).CatchAsync : null);
            return await CreateAsync(plan, helpers, catchLog, progress, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<Pod> CreateAsync(
        RestorePlan plan, HelperPodSet helpers, CatchRestoreLog? catchLog, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var request = plan.Request;
        var own = new OwnPod(cluster.Server, plan.Namespace);
        try
        {
            var created = plan.Pod.Copy();
            if (plan.Volumes.Count > 0)
                VolumeContainer.Add(created, [.. plan.Volumes.Select(volume => volume.Volume)], [.. plan.RestoredContainers], request.Helper);
            if (request.BeforeCreation is { } prepare)
                await prepare(cancellationToken).ConfigureAwait(false);
            var name = await CreateAsync(own, created, isNameChosen: request.Name is not null, cancellationToken).ConfigureAwait(false);
            progress?.Report(new($"Restoring {plan.Namespace}/{name}", "Created", 0, null));
            var wait = new RestoreWait(cluster, plan.Namespace, name, request.Timeout, progress)
            {
                IsRemovedOnFailure = request.RemoveOnFailure,
                CatchLog = plan.Pod.RestartsContainers ? catchLog : null,
            };
            if (plan.Volumes.Count > 0)
            {
                await wait.UntilAsync(VolumeContainer.HasStarted, cancellationToken).ConfigureAwait(false);
                var sender = new VolumeSender(cluster, plan.Namespace, name, request.Helper.Image, progress);
                await sender.SendAsync(plan.Volumes, cancellationToken).ConfigureAwait(false);
            }

            var ready = await wait.UntilReadyAsync(cancellationToken).ConfigureAwait(false);
            progress?.Report(new($"Restoring {plan.Namespace}/{name}", "Comparing files", 0, null));
            await CompareFilesAsync(plan, ready, helpers, cancellationToken).ConfigureAwait(false);
            return ready;
        }
        catch (Exception) when (request.RemoveOnFailure)
        {
            await own.DeleteAfterAsync(cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Compares the files of the containers whose archives are here.</summary>
    private async Task CompareFilesAsync(RestorePlan plan, Pod pod, HelperPodSet helpers, CancellationToken cancellationToken)
    {
        var check = new RestoredFilesCheck(
            cluster, new NodeProcesses(helpers, ObservedFiles.NodeFunctions, ObservedFiles.NodeTools), plan.Request.ComparesAllFiles);
        foreach (var image in plan.PushedImages)
        {
            if (image.ArchivePath is not { } archive || !(File.Exists(archive) || UnnamedFiles.Find(archive) is not null))
                continue;
            if (await check.CompareAsync(pod, image.ContainerName, archive, cancellationToken).ConfigureAwait(false) is not { } reason)
                continue;
            var notice = $"The files of container '{image.ContainerName}' of pod '{pod}' were not compared with the checkpoint: {reason}.";
            if (plan.Request.ComparesAllFiles)
                plan.Request.OnWarning?.Invoke(notice);
            else
                RequestNotices.Report(notice);
        }
        if (check.Differences(pod) is { } differences)
            throw RestoreFailure.RestoredFilesDiffer(differences, plan.Request.RemoveOnFailure);
    }

    /// <summary>Creates the pod, with the next free number if the user did not choose its name.</summary>
    private async Task<string> CreateAsync(OwnPod own, PodDocument pod, bool isNameChosen, CancellationToken cancellationToken)
    {
        var first = pod.Name;
        for (var number = 1; ; number++)
        {
            pod.Name = number == 1 ? first : RestoreManifest.WithSuffix(first, $"-{number}");
            var response = await own.CreateAsync(pod.Json, cancellationToken).ConfigureAwait(false);
            if (response.IsSuccess)
                return pod.Name;
            if (response.Status == HttpStatusCode.Conflict && !isNameChosen && number < LastNumber)
                continue;
            throw Refused(response, pod);
        }
    }

    private KubeCheckpointException Refused(ServerResponse response, PodDocument pod) => response.Status switch
    {
        HttpStatusCode.Conflict => RestoreFailure.PodExists(pod.Namespace, pod.Name, response.ToException()),
        HttpStatusCode.NotFound => PodFailure.NamespaceNotFound(pod.Namespace, response.ToException()),
        HttpStatusCode.Forbidden when VolumeContainer.IsIn(pod) && response.Message.Contains("violates PodSecurity", StringComparison.Ordinal) =>
            VolumeFailure.VolumePodRefused(pod.Namespace, response.Message, response.ToException()),
        HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity =>
            RestoreFailure.PodManifestRefused(pod.Namespace, pod.Name, response.Message, response.ToException()),
        _ => ApiRefusal.ToFailure(response, cluster.Server.Connection.BaseUri),
    };
}
