using KubeCheckpoint.Benchmarks.Synthetic;

namespace KubeCheckpoint.Benchmarks.Measuring;

/// <summary>A folder for large files, which is deleted afterwards.</summary>
internal sealed class ScratchFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("kubecheckpoint-benchmark-").FullName;

    public string Write(string name, SyntheticArchiveOptions options)
    {
        var path = PathOf(name);
        SyntheticArchive.Write(path, options);
        return path;
    }

    public string PathOf(string name) => Path.Combine(_path, name);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
