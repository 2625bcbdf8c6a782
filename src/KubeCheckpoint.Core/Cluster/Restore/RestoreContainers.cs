using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>
/// Replaces the images of containers by their restore images. Init containers stay and run again, because a checkpoint does not contain what
/// they put into an emptyDir.
/// </summary>
internal static class RestoreContainers
{
    /// <exception cref="KubeCheckpointException">AmbiguousRestoreImage, RestoreContainerNotFound.</exception>
    public static void UseImages(PodDocument pod, IReadOnlyList<ImageToRestore> images, string originalName)
    {
        foreach (var group in images.GroupBy(image => image.ContainerName, StringComparer.Ordinal))
        {
            var references = group.Select(image => image.Image).Distinct(StringComparer.Ordinal).ToList();
            if (references.Count > 1)
                throw RestoreFailure.AmbiguousRestoreImage(originalName, group.Key, references);
            var container = pod.FindContainer(group.Key)
                ?? throw RestoreFailure.RestoreContainerNotFound(originalName, group.Key, pod.Containers.Select(container => container.Text("name") ?? ""));
            container["image"] = references[0];

            // No node has it yet.
            if (container.Text("imagePullPolicy") == "Never")
                container["imagePullPolicy"] = "IfNotPresent";
        }
    }

    /// <summary>Replaces the tag of an image that was pushed by its digest. An image that a container has instead is the user's choice.</summary>
    public static void Pin(PodDocument pod, ImageToRestore.Draft draft, ImageToRestore.Pushed pushed)
    {
        var container = pod.FindContainer(draft.ContainerName);
        if (container?.Text("image") == draft.Image)
            container["image"] = pushed.Image;
    }
}
