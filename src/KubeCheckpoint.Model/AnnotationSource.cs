namespace KubeCheckpoint;

/// <summary>Where the annotations of a checkpoint are in an image.</summary>
public enum AnnotationSource
{
    /// <summary>On the manifest, where every runtime reads them.</summary>
    Manifest,

    /// <summary>Only on the index that the reference leads to. containerd reads them there; CRI-O and Podman do not.</summary>
    Index,

    /// <summary>Only on the image's descriptor in an index or index.json, where no runtime reads them.</summary>
    Descriptor,
}
