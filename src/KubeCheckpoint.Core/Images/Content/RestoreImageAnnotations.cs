using KubeCheckpoint.Images.Conversion;

namespace KubeCheckpoint.Images.Content;

/// <summary>
/// The manifest annotations by which runtimes recognize a restore image. An image gets those of the runtimes that can restore it:
/// <c>org.criu.checkpoint.*</c> always (for containerd and other tools), CRI-O's in images for CRI-O, Podman's in images for Podman.
/// With annotations for a runtime that cannot restore it, the restore would only fail later and with a worse message.
/// </summary>
internal static class RestoreImageAnnotations
{
    public const string Common = "org.criu.checkpoint.";
    public const string CriO = "io.kubernetes.cri-o.annotations.checkpoint.";
    public const string Podman = "io.podman.annotations.checkpoint.";

    public static SortedDictionary<string, string> Of(
        CheckpointArchive archive, CheckpointEngine targetRuntime, RuntimeConversion conversion, string architecture)
    {
        var annotations = new SortedDictionary<string, string>(StringComparer.Ordinal);
        void Add(string key, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                annotations[key] = value;
        }

        // The values are those of checkpointctl build. The engine is always the one that took the checkpoint.
        Add(Common + "engine.name", archive.Engine switch
        {
            CheckpointEngine.CriO => "CRI-O",
            CheckpointEngine.Containerd => "containerd",
            _ => "Podman",
        });
        Add(Common + "container.name", archive.ContainerName);
        Add(Common + "pod.name", archive.PodName);
        Add(Common + "pod.namespace", archive.Namespace);
        Add(Common + "pod.uid", archive.PodUid);
        Add(Common + "rootfsImageName", conversion.BaseImage);
        Add(Common + "rootfsImageID", conversion.BaseImageId);
        Add(Common + "runtime.name", archive.Runtime);
        Add(Common + "host.arch", architecture);
        if (targetRuntime == CheckpointEngine.CriO)
        {
            Add(CriO + "name", archive.ContainerName);
            Add(CriO + "rootfsImageName", conversion.BaseImage);
            Add(CriO + "rootfsImageID", conversion.BaseImageId);
        }
        if (targetRuntime == CheckpointEngine.Podman)
        {
            Add(Podman + "name", archive.Engine == CheckpointEngine.Podman ? archive.ContainerName : PodmanMembers.NameOf(archive));
            Add(Podman + "rawImageName", conversion.BaseImage);
            Add(Podman + "rootfsImageName", conversion.BaseImage);
            Add(Podman + "rootfsImageID", conversion.BaseImageId);
            // Podman refuses images whose checkpoint was written by another OCI runtime than its own, and decides by this.
            Add(Podman + "runtime.name", conversion.OciRuntime);
            Add(Podman + "host.arch", architecture);
        }
        return annotations;
    }
}
