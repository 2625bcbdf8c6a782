using System.Collections.Concurrent;
using System.Globalization;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>
/// The file systems of restored containers: folders with what their checkpoints brought back. What their images have is not there.
/// </summary>
internal sealed class ContainerFiles(string folder)
{
    private const int TicksPerSecond = 100;

    private readonly ConcurrentDictionary<string, string> _roots = new();
    private int _last;

    /// <summary>The folder that emulates the container's <c>/</c>, or null for a container that was not restored.</summary>
    public string? Find(string podUid, string container) => _roots.GetValueOrDefault(KeyOf(podUid, container));

    /// <summary>Creates the folder.</summary>
    public string Create() =>
        PrivateFile.CreateFolder(Path.Join(folder, Interlocked.Increment(ref _last).ToString(CultureInfo.InvariantCulture), "root")).FullName;

    /// <summary>Makes the folder that of a container, whose process starts now.</summary>
    /// <param name="podUid">The pod.</param>
    /// <param name="container">The container.</param>
    /// <param name="root">The folder.</param>
    /// <param name="age">How long ago the process seems to have been restored.</param>
    public void Start(string podUid, string container, string root, TimeSpan age)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var uptime = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture) - age.TotalSeconds;
        var fields = string.Concat(Enumerable.Repeat("0 ", 18));
        File.WriteAllText(ProcessOf(root), string.Create(CultureInfo.InvariantCulture, $"1 (restored) S {fields}{(long)(uptime * TicksPerSecond)} 0\n"));
        _roots[KeyOf(podUid, container)] = root;
    }

    /// <summary>The container's <c>/proc/1/stat</c>.</summary>
    public static HostMount Process(string root) => new("/proc/1/stat", ProcessOf(root), ReadOnly: true);

    private static string ProcessOf(string root) => Path.Join(Path.GetDirectoryName(root), "stat");

    private static string KeyOf(string podUid, string container) => $"{podUid}/{container}";
}
