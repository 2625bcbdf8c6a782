using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Images;

/// <summary>Where to look for restore images. One of Repository, Reference and Path is set.</summary>
public sealed record RestoreImageQuery
{
    /// <summary>A registry and repository, such as <c>registry.local:5000/restore</c>, with all of its tags. With a tag or digest only that image.</summary>
    public string? Repository { get; init; }

    /// <summary>One image in a registry; the default tag is <c>latest</c>.</summary>
    public string? Reference { get; init; }

    /// <summary>The full path of a layout folder or oci-archive.</summary>
    public string? Path { get; init; }

    /// <summary>Selects the tags of a repository or the names in a layout.</summary>
    public Func<string, bool> IsWanted { get; init; } = _ => true;

    /// <summary>How to connect to the registry.</summary>
    public required RegistryOptions Registry { get; init; }
}
