using KubeCheckpoint.Archives;

namespace KubeCheckpoint.Images.Layout;

/// <summary>The files of an image layout, wherever it lies.</summary>
internal interface ILayoutFiles : IDisposable
{
    /// <summary>The folder or file.</summary>
    public string Path { get; }

    /// <summary>A file by its path in the layout, with slashes, or null where there is none.</summary>
    public IByteSource? Open(string name);
}
