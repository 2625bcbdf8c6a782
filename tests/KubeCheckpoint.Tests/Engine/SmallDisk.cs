using System.Diagnostics;

namespace KubeCheckpoint.Tests.Engine;

/// <summary>A small disk, mounted at a folder.</summary>
internal sealed class SmallDisk : IDisposable
{
    public SmallDisk(string path, string size)
    {
        Path = Directory.CreateDirectory(path).FullName;
        Shell($"mount -t tmpfs -o size={size} tmpfs {Path}");
    }

    public string Path { get; }

    public void Dispose() => Shell($"umount {Path}");

    private static void Shell(string command)
    {
        using var process = Process.Start("/bin/sh", ["-c", command]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
