using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Volumes;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>
/// Makes the manifest to restore a pod with. CRIU wants every mount back and the kernel the same limits, so everything stays except what
/// cannot carry over: volumes, mounts, environment, service account, resources and security context stay as they were, and so do init
/// containers, which run again. Status, uid, finalizers and ephemeral containers go, and unless the owners are kept also the labels by which a
/// controller would adopt the pod. Mounts that the checkpointed containers had and the manifest lacks are added where they can be recreated.
/// Images are named by digest.
/// </summary>
internal sealed class RestoreManifest
{
    private const string NameSuffix = "-restored";

    /// <summary>Numbers that admission computes again and refuses when they differ, and what only a running pod can have.</summary>
    private static readonly string[] ServerFields = ["priority", "preemptionPolicy", "overhead", "ephemeralContainers", "schedulingGates"];

    private readonly RestoreRequest _request;
    private readonly PodDocument _original;

    private RestoreManifest(RestoreRequest request, PodDocument original)
    {
        _request = request;
        _original = original;
    }

    /// <param name="request">Name, namespace, labels and the like.</param>
    /// <param name="placement">Where the pod may run.</param>
    /// <param name="images">What its containers are restored from.</param>
    /// <param name="original">The pod that was checkpointed.</param>
    /// <exception cref="KubeCheckpointException">
    /// AmbiguousRestoreImage, RestoreContainerNotFound, RestoreMountsTooMany, OwnerInOtherNamespace, InvalidName.
    /// </exception>
    public static PodDocument Build(RestoreRequest request, PodPlacement placement, IReadOnlyList<ImageToRestore> images, PodDocument original)
    {
        var pod = new PodDocument(new RestoreManifest(request, original).BuildMetadata(), original.Spec.DeepClone().AsObject());
        NodeRestriction.Place(pod.Spec, placement);
        foreach (var field in ServerFields)
            pod.Spec.Remove(field);
        ServiceAccountMount.Drop(pod);
        VolumeContainer.Remove(pod);
        RestoreContainers.UseImages(pod, images, original.Name);
        CompleteMounts(pod, placement, images);
        if (request.HostName is { } hostName)
            pod.Spec["hostname"] = hostName;
        return pod;
    }

    /// <summary>Says which mounts a finished manifest lacks: it may be one that the user has changed.</summary>
    /// <exception cref="KubeCheckpointException">RestoreMountMissing.</exception>
    public static void CheckMounts(PodDocument pod, PodPlacement placement, IReadOnlyList<ImageToRestore> images)
    {
        var mounts = new MountCompletion(pod, placement.Runtime);
        foreach (var image in images.Where(image => image.Needs is not null))
        {
            var missing = mounts.Missing(image.ContainerName, image.Needs!);
            if (missing.Count > 0)
                throw RestoreFailure.RestoreMountMissing(pod.Name, image.ContainerName, missing);
        }
    }

    /// <summary>A name with a suffix, short enough to be the pod's host name too.</summary>
    public static string WithSuffix(string name, string suffix)
    {
        var length = ResourceName.LabelLength - suffix.Length;
        return (name.Length <= length ? name : name[..length].TrimEnd('-', '.')) + suffix;
    }

    private JsonObject BuildMetadata()
    {
        var ns = ResourceName.Namespace(_request.Namespace ?? _original.Namespace);
        var metadata = new JsonObject { ["name"] = ResourceName.Pod(_request.Name ?? WithSuffix(_original.Name, NameSuffix)), ["namespace"] = ns };
        Copy(metadata, "labels", key => !OwnerMarks.IsOne(key) && (_request.KeepOwnerReferences || !CarryOver.IsOwnersLabel(key)), _request.Labels);
        Copy(metadata, "annotations", key => !CarryOver.IsStatusAnnotation(key), _request.Annotations);
        if (!_request.KeepOwnerReferences || _original.Metadata["ownerReferences"] is not JsonArray owners)
            return metadata;

        // The garbage collector deletes a pod whose owner is not in its namespace.
        if (ns != _original.Namespace)
            throw RestoreFailure.OwnerInOtherNamespace(_original.Namespace, ns);
        metadata["ownerReferences"] = owners.DeepClone();
        return metadata;
    }

    private void Copy(JsonObject metadata, string field, Func<string, bool> isKept, IReadOnlyDictionary<string, string?> changes)
    {
        if (_original.Metadata.Object(field) is null && changes.Count == 0)
            return;
        var kept = (_original.Metadata.Object(field) ?? []).Where(pair => isKept(pair.Key) && !changes.ContainsKey(pair.Key))
            .Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone()));
        var set = changes.Where(pair => pair.Value is not null).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)JsonValue.Create(pair.Value)));
        metadata[field] = new JsonObject([.. kept, .. set]);
    }

    private static void CompleteMounts(PodDocument pod, PodPlacement placement, IReadOnlyList<ImageToRestore> images)
    {
        var mounts = new MountCompletion(pod, placement.Runtime);
        foreach (var image in images.Where(image => image.Needs is not null))
            mounts.Complete(image.ContainerName, image.Needs!);
    }
}
