using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Images.Layout;

/// <summary>A layout in a folder.</summary>
internal sealed class LayoutFolder(string path) : ILayoutFiles
{
    public string Path => path;

    public IByteSource? Open(string name)
    {
        var file = new FileInfo(System.IO.Path.Combine(path, name.Replace('/', System.IO.Path.DirectorySeparatorChar)));
        if (!file.Exists)
            return null;
        // A link could lead to a file outside of the layout, which would be sent to a registry.
        return file.LinkTarget is null ? FileByteSource.Open(file.FullName) : throw LayoutFailure.NotAnImageLayout(path, $"'{name}' in it is a symbolic link");
    }

    public void Dispose()
    {
    }
}
