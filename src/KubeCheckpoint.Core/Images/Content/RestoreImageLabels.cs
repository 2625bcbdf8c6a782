namespace KubeCheckpoint.Images.Content;

/// <summary>The labels in the config of a restore image.</summary>
internal static class RestoreImageLabels
{
    /// <summary>The pod manifest in JSON at the time of the checkpoint, without status and managedFields.</summary>
    public const string PodManifest = "io.kubecheckpoint.pod.manifest";

    /// <summary>The name of the container that was checkpointed.</summary>
    public const string ContainerName = "io.kubecheckpoint.container.name";

    /// <summary>The engine that wrote the archive: <c>CriO</c>, <c>Containerd</c> or <c>Podman</c>.</summary>
    public const string Engine = "io.kubecheckpoint.engine";

    /// <summary>The runtime that can restore the image, with the same values as <see cref="Engine"/>.</summary>
    public const string TargetRuntime = "io.kubecheckpoint.target.runtime";

    /// <summary>What the container needs where it is restored: base image and mounts, in JSON.</summary>
    public const string Needs = "io.kubecheckpoint.needs";
}
