using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Stores;

/// <summary>An image with one manifest in a store.</summary>
/// <param name="Place">The registry's host, or the path of the folder or file.</param>
/// <param name="IsRegistry">True where it is in a registry.</param>
/// <param name="Name">The name by which it was found.</param>
/// <param name="Reference">The reference that leads to it; for an image in an index by its digest.</param>
/// <param name="Descriptor">Its manifest.</param>
/// <param name="Manifest">The manifest's content.</param>
/// <param name="Index">The index that the name leads to, or null where it leads to the manifest itself.</param>
/// <param name="Described">The annotations of the descriptors that lead to the manifest, in an index and in index.json.</param>
internal sealed record FoundImage(
    string Place,
    bool IsRegistry,
    StoredName Name,
    string Reference,
    OciDescriptor Descriptor,
    OciDocument Manifest,
    OciDocument? Index,
    IReadOnlyList<IReadOnlyDictionary<string, string>> Described);
