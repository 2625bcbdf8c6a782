using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Images;

/// <summary>
/// Where a restore image is published. At most one of Reference and Repository is set; with neither, the image is published under its own
/// full reference.
/// </summary>
public sealed record RestoreImagePublication
{
    /// <summary>The full reference; the default tag is <c>latest</c>.</summary>
    public string? Reference { get; init; }

    /// <summary>Registry and repository. The tag is that of the image's name, or generated from pod, container and time.</summary>
    public string? Repository { get; init; }

    /// <summary>A repository of the same registry, from which layers are mounted if it has them.</summary>
    public string? MountFrom { get; init; }

    /// <summary>How to connect to the registries.</summary>
    public required RegistryOptions Registry { get; init; }
}
