using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Images;

/// <summary>Where to look for restore images. One of Repository, Reference and Path is set.</summary>
public sealed record RestoreImageQuery
{
    /// <summary>A registry and repository, all of whose tags are looked at: <c>registry.local:5000/restore</c>. With a tag or digest only that.</summary>
    public string? Repository { get; init; }

    /// <summary>One image in a registry; without a tag or digest it is <c>latest</c>.</summary>
    public string? Reference { get; init; }

    /// <summary>The full path of a layout folder or oci-archive.</summary>
    public string? Path { get; init; }

    /// <summary>Which tags of a repository, or names of a layout, are looked at.</summary>
    public Func<string, bool> IsWanted { get; init; } = _ => true;

    /// <summary>How to speak to the registry.</summary>
    public required RegistryOptions Registry { get; init; }
}
