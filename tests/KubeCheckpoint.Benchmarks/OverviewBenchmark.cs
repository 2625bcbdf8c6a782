using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Benchmarks.Measuring;
using KubeCheckpoint.Benchmarks.Synthetic;
using KubeCheckpoint.Sandbox.Shell;

namespace KubeCheckpoint.Benchmarks;

/// <summary>Reads the summary of an archive and its processes with their command lines. The baseline is checkpointctl, which reads the whole archive.</summary>
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
        contest.Enter("pwsh start, import and Get-CheckpointArchive", () => PowerShell($"Get-CheckpointArchive '{archive}'")).Run();
    }

    private static void Processes(string archive)
    {
        var contest = new Contest("processes with command lines of an archive of 2 GiB", 7)
            .Enter("in process: Get-CheckpointProcess's engine", () => Count(archive));
        if (Peer.IsInstalled("checkpointctl"))
            contest.Enter("checkpointctl inspect --ps-tree-cmd, whole process", () => Peer.Run("checkpointctl", ["inspect", "--ps-tree-cmd", archive]));
        contest
            .Enter("pwsh start alone", () => PowerShell("1"))
            .Enter("pwsh start, import and Get-CheckpointProcess", () => PowerShell($"Get-CheckpointProcess '{archive}'"))
            .Run();
    }

    private static void Count(string archive)
    {
        if (CheckpointProcessReader.Read(archive, new ProcessQuery(), CancellationToken.None).Any(process => process.CommandLine is not { Length: > 0 }))
            throw new InvalidOperationException("A process has no command line.");
    }

    private static void PowerShell(string command) =>
        Peer.Run(PinnedPowerShell.StartInfo(null, Environment.CurrentDirectory, "-Command", command));
}
