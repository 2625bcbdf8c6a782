namespace KubeCheckpoint.Images;

/// <summary>The labels in a restore image's config.</summary>
public static class RestoreImageLabels
{
    /// <summary>The pod as JSON, as it was at the checkpoint, without status and managedFields.</summary>
    public const string PodManifest = "io.kubecheckpoint.pod.manifest";

    /// <summary>The name of the container that was checkpointed.</summary>
    public const string ContainerName = "io.kubecheckpoint.container.name";

    /// <summary>Who wrote the archive: <c>CriO</c>, <c>Containerd</c> or <c>Podman</c>.</summary>
    public const string Engine = "io.kubecheckpoint.engine";

    /// <summary>The runtime the image was made for, in the words of <see cref="Engine"/>.</summary>
    public const string TargetRuntime = "io.kubecheckpoint.target.runtime";

    /// <summary>
    /// The mounts that the pod's container must have, as <see cref="RequiredMounts"/> reads them: a JSON array of objects with <c>path</c>, the
    /// mountPath, and <c>kind</c>, one of <c>directory</c>, <c>file</c>, <c>unknown</c> (folder or file), <c>serviceAccountToken</c> and
    /// <c>terminationLog</c> (the container's terminationMessagePath). Not in images for Podman.
    /// </summary>
    public const string RequiredMounts = "io.kubecheckpoint.required.mounts";
}
