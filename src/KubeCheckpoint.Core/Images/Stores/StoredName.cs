using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Stores;

/// <summary>A name under which a store has an image.</summary>
/// <param name="Name">A tag or digest; in a layout the name of the entry, or its digest where it has none.</param>
/// <param name="Reference">By what it is called everywhere: the full reference, in a layout the name.</param>
/// <param name="Descriptor">What it points at, where the store says that with the name.</param>
internal sealed record StoredName(string Name, string Reference, OciDescriptor? Descriptor);
