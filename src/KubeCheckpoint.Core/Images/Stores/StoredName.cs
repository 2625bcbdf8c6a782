using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Stores;

/// <summary>The name of an image in a store.</summary>
/// <param name="Name">A tag or digest; in a layout the name of the index entry, or its digest where it has no name.</param>
/// <param name="Reference">The full reference; in a layout the name.</param>
/// <param name="Descriptor">The document with that name, where the store lists it together with the name.</param>
internal sealed record StoredName(string Name, string Reference, OciDescriptor? Descriptor)
{
    /// <summary>The annotations of the descriptor.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();
}
