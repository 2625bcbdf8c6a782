using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Images.Layout;

/// <summary>A layout in a folder.</summary>
internal sealed class LayoutFolder(string path) : ILayoutFiles
{
    public string Path => path;

    public IByteSource? Open(string name)
    {
        var file = System.IO.Path.Combine(path, name.Replace('/', System.IO.Path.DirectorySeparatorChar));
        try
        {
            // A link could lead to a file outside of the layout, which would be sent to a registry.
            var handle = RegularFile.Open(path, name);
            return new FileByteSource(file, handle, RandomAccess.GetLength(handle));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException && !IsLinked(name))
        {
            return null;
        }
        catch (IOException exception)
        {
            throw LayoutFailure.NotAnImageLayout(path, IsLinked(name) ? $"'{name}' in it is a symbolic link" : $"'{name}' in it cannot be read", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw ArchiveFailure.ArchiveNotReadable(file, exception);
        }
    }

    public void Dispose()
    {
    }

    // For the message: whether the file or a folder that it is in is a link.
    private bool IsLinked(string name)
    {
        for (var part = name; part is { Length: > 0 }; part = System.IO.Path.GetDirectoryName(part))
        {
            if (new FileInfo(System.IO.Path.Combine(path, part)).LinkTarget is not null)
                return true;
        }
        return false;
    }
}
