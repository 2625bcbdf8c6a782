using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Images;

/// <summary>Where to publish a restore image. Not both of Reference and Repository are set; with neither it goes to the full reference it is named by.</summary>
public sealed record RestoreImagePublication
{
    /// <summary>The full reference; without a tag it is <c>latest</c>.</summary>
    public string? Reference { get; init; }

    /// <summary>Registry and repository; the tag is that of the image's name, or made from pod, container and time.</summary>
    public string? Repository { get; init; }

    /// <summary>A repository of the same registry that may have the layers already: then they are mounted from there.</summary>
    public string? MountFrom { get; init; }

    /// <summary>How to speak to the registries.</summary>
    public required RegistryOptions Registry { get; init; }
}
