using System.Reflection;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Benchmarks.Measuring;
using KubeCheckpoint.Benchmarks.Synthetic;

namespace KubeCheckpoint.Benchmarks;

/// <summary>What an archive is of, and its processes with their command lines: against checkpointctl, which reads all of it.</summary>
internal static class OverviewBenchmark
{
    private const long MemorySize = 2L << 30;

    public static void Run()
    {
        using var folder = new ScratchFolder();
        var archive = folder.Write("archive.tar", new SyntheticArchiveOptions { MemorySize = MemorySize, Processes = 8 });
        Overview(archive);
        Processes(archive);
    }

    private static void Overview(string archive)
    {
        var contest = new Contest("overview of an archive of 2 GiB", 7)
            .Enter("in process: Get-CheckpointArchive's engine", () => CheckpointArchiveReader.ReadAsync(archive, CancellationToken.None).GetAwaiter().GetResult())
            .Enter("sequential read of the file", () => SequentialRead.Run(archive));
        if (Peer.IsInstalled("checkpointctl"))
            contest.Enter("checkpointctl show, whole process", () => Peer.Run("checkpointctl", ["show", archive]));
        if (Peer.IsInstalled("pwsh"))
            contest.Enter("pwsh start, import and Get-CheckpointArchive", () => PowerShell($"Get-CheckpointArchive '{archive}'"));
        contest.Run();
    }

    private static void Processes(string archive)
    {
        var contest = new Contest("processes with command lines of an archive of 2 GiB", 7)
            .Enter("in process: Get-CheckpointProcess's engine", () => Count(archive));
        if (Peer.IsInstalled("checkpointctl"))
            contest.Enter("checkpointctl inspect --ps-tree-cmd, whole process", () => Peer.Run("checkpointctl", ["inspect", "--ps-tree-cmd", archive]));
        if (Peer.IsInstalled("pwsh"))
        {
            contest.Enter("pwsh start alone", () => Peer.Run("pwsh", ["-NoProfile", "-Command", "1"]));
            contest.Enter("pwsh start, import and Get-CheckpointProcess", () => PowerShell($"Get-CheckpointProcess '{archive}'"));
        }
        contest.Run();
    }

    private static void Count(string archive)
    {
        if (CheckpointProcessReader.Read(archive, new ProcessQuery(), CancellationToken.None).Any(process => process.CommandLine is not { Length: > 0 }))
            throw new InvalidOperationException("A process has no command line.");
    }

    private static void PowerShell(string command)
    {
        var module = typeof(OverviewBenchmark).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == "ModulePath").Value!;
        Peer.Run("pwsh", ["-NoProfile", "-Command", $"Import-Module '{Path.Combine(module, "KubeCheckpoint.psd1")}'; {command}"]);
    }
}
