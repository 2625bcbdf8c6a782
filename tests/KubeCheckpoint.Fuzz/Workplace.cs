namespace KubeCheckpoint.Fuzz;

/// <summary>Where one worker keeps its files: in memory where the system has such a folder. What others see of it tells what it is doing.</summary>
internal sealed class Workplace : IDisposable
{
    private const string MemoryFolder = "/dev/shm";

    private readonly DirectoryInfo _folder = Directory.Exists(MemoryFolder)
        ? Directory.CreateDirectory(Path.Combine(MemoryFolder, $"kubecheckpoint-fuzz-{Guid.NewGuid():n}"))
        : Directory.CreateTempSubdirectory("kubecheckpoint-fuzz-");

    private volatile string _reader = "";
    private CancellationTokenSource _ending = new();
    private byte[] _buffer = [];

    public Workplace()
    {
        Destination = Path.Combine(_folder.FullName, "beside", "above", "destination");
        Directory.CreateDirectory(Path.GetDirectoryName(Destination)!);
    }

    /// <summary>How often each reader ran, and how long.</summary>
    public Dictionary<string, (long Calls, TimeSpan Time)> Readers { get; } = [];

    /// <summary>What is running now.</summary>
    public string Reader
    {
        get => _reader;
        set => _reader = value;
    }

    /// <summary>Ends readers that take too long.</summary>
    public CancellationToken Token => _ending.Token;

    /// <summary>A folder that readers may write to. It does not exist.</summary>
    public string Destination { get; }

    /// <summary>Begins a case: its readers have <see cref="FuzzLimits.Cancel"/> from now.</summary>
    public void Begin()
    {
        if (!_ending.TryReset())
        {
            _ending.Dispose();
            _ending = new CancellationTokenSource();
        }
        _ending.CancelAfter(FuzzLimits.Cancel);
    }

    public void Add(string reader, TimeSpan time)
    {
        var (calls, sum) = Readers.GetValueOrDefault(reader);
        Readers[reader] = (calls + 1, sum + time);
    }

    /// <summary>The path of the input.</summary>
    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>A buffer that is used again and again: an archive is too large for the garbage collector's young generation.</summary>
    public byte[] Buffer(int length)
    {
        if (_buffer.Length < length)
            _buffer = new byte[length + length / 2];
        return _buffer;
    }

    public string Write(string name, ReadOnlySpan<byte> content)
    {
        var path = PathOf(name);
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        RandomAccess.Write(file, content, 0);
        return path;
    }

    /// <summary>What is beside the destination, and must not be; empties the destination.</summary>
    public IReadOnlyList<string> Clean()
    {
        if (Directory.Exists(Destination))
            Directory.Delete(Destination, recursive: true);
        List<string> found = [];
        foreach (var parent in new[] { Path.Combine(_folder.FullName, "beside"), Path.GetDirectoryName(Destination)! })
            found.AddRange(Directory.EnumerateFileSystemEntries(parent).Where(path => Path.GetFileName(path) != "above"));
        return found;
    }

    public void Dispose()
    {
        _ending.Dispose();
        _folder.Delete(recursive: true);
    }
}
