using System.Diagnostics;
using System.Globalization;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Cgroups;

/// <summary>
/// A process of this machine in the place of a container's: it can be killed, and does nothing. It ends with the sandbox. Its folder has what
/// /proc shows of it, with the signals that are pending in the sandbox.
/// </summary>
internal sealed class Placeholder : IDisposable
{
    private readonly Process _process;
    private readonly string _status;
    private ulong _pending;

    /// <param name="folder">The folder with a folder for each process.</param>
    /// <param name="cgroups">The content of its /proc/ID/cgroup.</param>
    public Placeholder(string folder, string cgroups)
    {
        // It ends when its input does.
        _process = Process.Start(new ProcessStartInfo("/bin/cat") { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Id = _process.Id;
        Folder = PrivateFile.CreateFolder(Path.Join(folder, Id.ToString(CultureInfo.InvariantCulture))).FullName;
        _status = File.Exists($"/proc/{Id}/status") ? File.ReadAllText($"/proc/{Id}/status") : "SigPnd:\t0\nShdPnd:\t0\nSigCgt:\t0\n";
        File.WriteAllText(Path.Join(Folder, "cgroup"), cgroups);
        ShowStatus();
    }

    public int Id { get; }

    public string Folder { get; }

    /// <summary>The signal that ended it, 0 while it runs.</summary>
    public int Signal => _process.HasExited ? Math.Max(1, _process.ExitCode - 128) : 0;

    /// <summary>Whether a signal is pending.</summary>
    public bool IsPending(int signal) => (_pending & Bit(signal)) != 0;

    /// <summary>Whether CRIU traces it.</summary>
    public bool IsTraced
    {
        get;
        set
        {
            field = value;
            ShowStatus();
        }
    }

    /// <summary>Shows a signal as pending.</summary>
    public void Add(int signal)
    {
        if (IsPending(signal))
            return;
        _pending |= Bit(signal);
        ShowStatus();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private static ulong Bit(int signal) => 1UL << (signal - 1);

    private void ShowStatus()
    {
        var lines = _status.Split('\n').Select(line => line.Split(':')[0] switch
        {
            "ShdPnd" => string.Create(CultureInfo.InvariantCulture, $"ShdPnd:\t{_pending:x16}"),
            "TracerPid" => $"TracerPid:\t{(IsTraced ? 1 : 0)}",
            _ => line,
        });
        var path = Path.Join(Folder, "status");
        File.WriteAllText(path + ".new", string.Join('\n', lines));
        File.Move(path + ".new", path, overwrite: true);
    }
}
