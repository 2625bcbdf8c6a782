using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Images.Layout;

/// <summary>The files of an image layout, in a folder or in a tar.</summary>
internal interface ILayoutFiles : IDisposable
{
    /// <summary>The folder or file.</summary>
    public string Path { get; }

    /// <summary>Opens a file by its path in the layout, with slashes; null where it does not exist.</summary>
    public IByteSource? Open(string name);
}
