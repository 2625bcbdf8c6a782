using KubeCheckpoint.Images.Conversion;

namespace KubeCheckpoint.Images.Content;

/// <summary>
/// The manifest annotations by which runtimes recognise a restore image. A family is written for a runtime that can restore
/// this image: <c>org.criu.checkpoint.*</c> always (containerd, and the family common to all tools), CRI-O's for images made for
/// CRI-O, Podman's for images made for Podman. CRI-O given an archive of containerd would only fail later and with worse words.
/// </summary>
internal static class RestoreImageAnnotations
{
    public const string Common = "org.criu.checkpoint.";
    public const string CriO = "io.kubernetes.cri-o.annotations.checkpoint.";
    public const string Podman = "io.podman.annotations.checkpoint.";

    public static SortedDictionary<string, string> Of(CheckpointArchive archive, CheckpointEngine targetRuntime, RuntimeConversion conversion, string architecture)
    {
        var annotations = new SortedDictionary<string, string>(StringComparer.Ordinal);
        void Add(string key, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                annotations[key] = value;
        }

        // Values as checkpointctl build writes them. The engine is that which took the checkpoint, also where another is to restore it.
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
            // Podman refuses an image whose checkpoint another OCI runtime than its own has written, and goes by this.
            Add(Podman + "runtime.name", conversion.OciRuntime);
            Add(Podman + "host.arch", architecture);
        }
        return annotations;
    }
}
