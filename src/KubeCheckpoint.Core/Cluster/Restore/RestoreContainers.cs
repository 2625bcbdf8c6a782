using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>
/// Puts the restore images into the containers they are of. Init containers stay and run again: what they put into an emptyDir is not in
/// a checkpoint.
/// </summary>
internal static class RestoreContainers
{
    public static void UseImages(JsonObject spec, IReadOnlyList<RestoreImage> images, string? podName)
    {
        var containers = spec.Containers().ToList();
        foreach (var group in images.GroupBy(image => image.ContainerName, StringComparer.Ordinal))
        {
            var references = group.Select(PulledBy).Distinct(StringComparer.Ordinal).ToList();
            if (references.Count > 1)
                throw RestoreFailure.AmbiguousRestoreImage(podName ?? "", group.Key, references);
            var container = containers.Find(container => (string?)container["name"] == group.Key)
                ?? throw RestoreFailure.RestoreContainerNotFound(
                    podName ?? "", group.Key, containers.Select(container => (string?)container["name"] ?? ""));
            container["image"] = references[0];

            // No node has it yet.
            if ((string?)container["imagePullPolicy"] == "Never")
                container["imagePullPolicy"] = "IfNotPresent";
        }
    }

    /// <summary>
    /// Puts the digests of images that were pushed meanwhile in the place of their tags. What a container has instead by then was the
    /// user's choice.
    /// </summary>
    public static void Pin(JsonObject spec, IReadOnlyList<RestoreImage> images)
    {
        foreach (var image in images)
        {
            var container = spec.Containers().FirstOrDefault(container => container.Word("name") == image.ContainerName);
            if (container?.Word("image") == image.Reference)
                container["image"] = PulledBy(image);
        }
    }

    /// <summary>
    /// <c>repository@digest</c>: a tag may have moved to another checkpoint since, and tag and digest together are refused by
    /// CRI-O. Where the digest is not known, the reference as it is.
    /// </summary>
    private static string PulledBy(RestoreImage image)
    {
        if (!image.IsPushed)
            throw RestoreFailure.RestoreImageNotPushed(image.Reference, image.Destination);
        if (image.Digest.Length == 0)
            return image.Reference;
        var repository = image.Reference.Split('@')[0];
        var colon = repository.LastIndexOf(':');
        if (colon > repository.LastIndexOf('/'))
            repository = repository[..colon];
        return $"{repository}@{image.Digest}";
    }
}
