using System.Net;
using System.Text.Json.Nodes;

namespace KubeCheckpoint.Cluster;

/// <summary>Makes pods from restore images.</summary>
/// <param name="cluster">The cluster. Stays the caller's to dispose of.</param>
public sealed class PodRestorer(ClusterClient cluster)
{
    private const int LastNumber = 9;

    /// <summary>
    /// Finds how the pod looked: the request's manifest, else the one stored with an image, else the live pod of that name.
    /// </summary>
    /// <param name="request">What to restore.</param>
    /// <param name="cancellationToken">Cancels the request for the live pod.</param>
    /// <returns>The pod as JSON, for <see cref="BuildManifest"/>.</returns>
    /// <exception cref="KubeCheckpointException">NoRestoreImage, PodManifestMissing, Forbidden, ClusterUnreachable and the like.</exception>
    public async Task<string> GetManifestAsync(RestoreRequest request, CancellationToken cancellationToken)
    {
        if (request.Images.Count == 0) throw ClusterFailure.NoRestoreImage();
        if (request.Manifest is not null) return request.Manifest;
        if (request.Images.Select(image => image.PodManifest).FirstOrDefault(manifest => manifest is not null) is { } stored) return stored;
        var image = request.Images[0];
        if (image.Namespace is null || image.PodName is null) throw ClusterFailure.PodManifestMissing(image.Reference);
        var pod = await cluster.Pods.FindAsync(image.Namespace, image.PodName, cancellationToken).ConfigureAwait(false);
        return pod?.Manifest ?? throw ClusterFailure.PodManifestMissing(image.Reference);
    }

    /// <summary>
    /// Makes the manifest of the pod to create. Volumes, mounts, environment, service account, resources and security context stay as
    /// they were, and so do init containers, which run again: what they put into an emptyDir is not in a checkpoint. Status, uid, finalizers
    /// and ephemeral containers go, and unless the owners are kept also the labels by which a controller would take the pod for its own.
    /// Images are named by digest.
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
        if (request.Images.Count == 0) throw ClusterFailure.NoRestoreImage();
        return RestoreManifest.Build(request, podManifest);
    }

    /// <summary>
    /// Creates the pod and waits until it is Running and Ready. A pod that does not get there is left for the user to look at, and so is one
    /// that is no longer waited for.
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
        var name = await CreateAsync(pod, ns, isNameChosen: request.Name is not null, cancellationToken).ConfigureAwait(false);
        progress?.Report(new($"Restoring {ns}/{name}", "Created", 0, null));
        return await new RestoreWait(cluster, ns, name, request.Timeout, progress).UntilReadyAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Creates the pod, under the next free number where its name was not the user's choice.</summary>
    private async Task<string> CreateAsync(JsonObject pod, string ns, bool isNameChosen, CancellationToken cancellationToken)
    {
        var first = (string)pod["metadata"]!["name"]!;
        for (var number = 1; ; number++)
        {
            var name = number == 1 ? first : RestoreManifest.WithSuffix(first, $"-{number}");
            pod["metadata"]!["name"] = name;
            var answer = await cluster.Server.SendAsync(HttpMethod.Post, PodApi.PathOf(ns), cancellationToken, pod.ToJsonString())
                .ConfigureAwait(false);
            if (answer.IsSuccess) return name;
            if (answer.Status == HttpStatusCode.Conflict && !isNameChosen && number < LastNumber) continue;
            throw answer.Status switch
            {
                HttpStatusCode.Conflict => ClusterFailure.PodExists(ns, name, answer.ToException()),
                HttpStatusCode.NotFound => ClusterFailure.NamespaceNotFound(ns, answer.ToException()),
                HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity =>
                    ClusterFailure.PodManifestRefused(ns, name, answer.Words, answer.ToException()),
                _ => ApiRefusal.ToFailure(answer, cluster.Server.Connection.BaseUri),
            };
        }
    }
}
