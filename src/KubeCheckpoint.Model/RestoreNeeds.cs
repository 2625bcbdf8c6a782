namespace KubeCheckpoint;

/// <summary>What a restored container must find on its node and in its pod: the base image, and every mount it had.</summary>
public sealed record RestoreNeeds
{
    /// <summary>The image the container ran from, as it was asked for, or null where the archive does not say.</summary>
    public string? BaseImage { get; init; }

    /// <summary>The same image as <c>name@sha256:...</c>, which a tag that moves does not change; null where the archive does not say.</summary>
    public string? BaseImageDigest { get; init; }

    /// <summary>
    /// The mounts of the container that a runtime does not provide by itself, in the order of its spec. CRIU wants every one of them back.
    /// </summary>
    public IReadOnlyList<NeededMount> Mounts { get; init; } = [];

    /// <summary>The base image and the mounts.</summary>
    public override string ToString() => string.Join(", ", Mounts.Select(mount => mount.MountPath).Prepend(BaseImage ?? "an image that is not known"));
}
