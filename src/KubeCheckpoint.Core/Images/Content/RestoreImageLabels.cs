namespace KubeCheckpoint.Images.Content;

/// <summary>The labels in a restore image's config.</summary>
public static class RestoreImageLabels
{
    /// <summary>The pod as JSON, as it was at the checkpoint, without status and managedFields.</summary>
    public const string PodManifest = "io.kubecheckpoint.pod.manifest";

    /// <summary>The name of the container that was checkpointed.</summary>
    public const string ContainerName = "io.kubecheckpoint.container.name";

    /// <summary>Who wrote the archive: <c>CriO</c>, <c>Containerd</c> or <c>Podman</c>.</summary>
    public const string Engine = "io.kubecheckpoint.engine";

    /// <summary>The runtime the image was made for, named as in <see cref="Engine"/>.</summary>
    public const string TargetRuntime = "io.kubecheckpoint.target.runtime";

    /// <summary>What the container must find where it is restored: base image and mounts, as JSON.</summary>
    public const string Needs = "io.kubecheckpoint.needs";
}
