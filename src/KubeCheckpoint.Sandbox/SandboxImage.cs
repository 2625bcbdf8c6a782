namespace KubeCheckpoint.Sandbox;

/// <summary>An image in a registry outside the sandbox, which its nodes can pull or have.</summary>
/// <param name="Name">Its name with the tag.</param>
/// <param name="Digest">The digest of its manifest, <c>sha256:...</c>.</param>
/// <param name="Id">The image ID, 64 hexadecimal digits.</param>
public sealed record SandboxImage(string Name, string Digest, string Id)
{
    /// <summary>The nodes that have it at the start; null for all.</summary>
    public IReadOnlyList<string>? Nodes { get; init; }

    /// <summary>The name of the pull secret that its registry requires; null for none.</summary>
    public string? PullSecret { get; init; }

    /// <summary>The name without the tag.</summary>
    public string Repository => Name[..Name.LastIndexOf(':')];

    internal bool IsNamed(string reference) => reference == Name || reference == $"{Repository}@{Digest}";
}
