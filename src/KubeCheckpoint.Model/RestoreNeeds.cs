namespace KubeCheckpoint;

/// <summary>What a restored container needs on its node and in its pod: the base image, and every mount it had.</summary>
public sealed record RestoreNeeds
{
    /// <summary>The image the container ran from, as its spec named it, or null where the archive does not say.</summary>
    public string? BaseImage { get; init; }

    /// <summary>The same image by digest, <c>name@sha256:...</c>; null where the archive does not say.</summary>
    public string? BaseImageDigest { get; init; }

    /// <summary>
    /// The mounts of the container that a runtime does not provide by itself, in the order of its spec. CRIU needs every one of them.
    /// </summary>
    public IReadOnlyList<NeededMount> Mounts { get; init; } = [];

    /// <summary>The base image and the mounts.</summary>
    public override string ToString() =>
        TerminalText.Line(string.Join(", ", Mounts.Select(mount => mount.MountPath).Prepend(BaseImage ?? "an image that is not known")));
}
