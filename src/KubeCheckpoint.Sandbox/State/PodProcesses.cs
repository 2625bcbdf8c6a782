using System.Globalization;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>
/// The /proc of a pod whose own command really runs: a folder with a folder for each process, by which the command sees that others run beside it.
/// </summary>
internal sealed class PodProcesses : IDisposable
{
    private static int _last = 1;

    private readonly string _folder;

    private PodProcesses(string folder) => _folder = Directory.CreateDirectory(folder).FullName;

    /// <summary>Creates the folder, with the pod's own process.</summary>
    public static HostMount Create(NodeState node, string uid)
    {
        var folder = PrivateFile.CreateFolder(FolderOf(node, uid)).FullName;
        Directory.CreateDirectory(Path.Join(folder, "1"));
        return new("/proc", folder, ReadOnly: true);
    }

    /// <summary>Shows a command in the pod until it has ended; null for a pod without such a folder.</summary>
    public static PodProcesses? Enter(NodeState node, string uid)
    {
        var folder = FolderOf(node, uid);
        return Directory.Exists(folder)
            ? new(Path.Join(folder, Interlocked.Increment(ref _last).ToString(CultureInfo.InvariantCulture)))
            : null;
    }

    public void Dispose()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder);
    }

    private static string FolderOf(NodeState node, string uid) => node.HostPath($"/pod-proc/{uid}");
}
