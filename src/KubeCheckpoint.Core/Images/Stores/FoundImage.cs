using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Stores;

/// <summary>An image of one manifest in a store.</summary>
/// <param name="Place">Where it is.</param>
/// <param name="IsRegistry">True where that is a registry.</param>
/// <param name="Name">Under which name it was found.</param>
/// <param name="Reference">By what it can be had: for one out of an index its digest.</param>
/// <param name="Descriptor">Its manifest.</param>
/// <param name="Manifest">The manifest's content.</param>
/// <param name="Index">The index that the name leads to, or null where it leads to the manifest itself.</param>
internal sealed record FoundImage(
    string Place, bool IsRegistry, StoredName Name, string Reference, OciDescriptor Descriptor, OciDocument Manifest, OciDocument? Index);
