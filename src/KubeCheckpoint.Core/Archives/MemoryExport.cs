using System.Globalization;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.CoreDumps;

namespace KubeCheckpoint.Archives;

/// <summary>Takes the memory of processes out of a checkpoint archive: as core files, which gdb and other debuggers open.</summary>
public sealed class MemoryExport : IDisposable
{
    // Sizes beyond this are no file's: a pagemap that lies.
    private const ulong LargestFile = 1UL << 60;

    private readonly CheckpointContent _content;
    private readonly CheckpointImages _images;
    private readonly CancellationToken _cancellation;

    private MemoryExport(CheckpointContent content, CancellationToken cancellationToken)
    {
        _content = content;
        _cancellation = cancellationToken;
        _images = new CheckpointImages(content);
        Processes = [.. _images.Tasks.Select(task => new MemoryProcess((int)task.Pid, _images.Core(task.Pid)?.Tc?.Comm ?? "", HasMemory(task.Pid)))];
    }

    /// <summary>All processes, parents before their children.</summary>
    public IReadOnlyList<MemoryProcess> Processes { get; }

    /// <summary>Opens an archive and reads which processes it has.</summary>
    /// <param name="path">The archive's full path.</param>
    /// <param name="cancellationToken">Ends all reading and writing.</param>
    /// <exception cref="KubeCheckpointException">What opening an archive throws, and ArchiveMemberMissing without pstree.img.</exception>
    public static MemoryExport Open(string path, CancellationToken cancellationToken)
    {
        var content = CheckpointContent.Open(path, cancellationToken);
        try
        {
            return new MemoryExport(content, cancellationToken);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    /// <summary>Writes the ELF core file of a process: whole or not at all, readable for its owner only.</summary>
    /// <param name="processId">One of <see cref="Processes"/>.</param>
    /// <param name="destination">The file's full path; its folder is made where it is not there.</param>
    /// <param name="overwrite">Replaces a file that exists.</param>
    /// <param name="progress">Gets how far it has come, or null.</param>
    /// <exception cref="KubeCheckpointException">
    /// ProcessNotInArchive, ProcessWithoutMemory, CoreDumpNotSupported, DestinationExists, DestinationNotWritable, DestinationDiskFull,
    /// and what reading images and pages throws: ArchiveMemberMissing, CriuImageDamaged and others.
    /// </exception>
    public CheckpointCoreDump WriteCoreDump(int processId, string destination, bool overwrite, IProgress<TransferProgress>? progress)
    {
        var task = _images.Tasks.FirstOrDefault(task => task.Pid == (uint)processId)
            ?? throw MemoryFailure.ProcessNotInArchive(_content.Path, processId.ToString(CultureInfo.InvariantCulture));
        var process = CoreProcess.Open(_images, task);
        var layout = CoreLayout.Of(process.Memory, _cancellation);
        if (layout.FileBytes > LargestFile)
            throw MemoryFailure.CoreDumpNotSupported(_content.Path, processId, $"its pagemap claims {layout.FileBytes} bytes");
        var threads = 0;
        MemoryFile.Write(destination, overwrite, file =>
        {
            var meter = new MemoryMeter(progress, $"Exporting {Path.GetFileName(destination)}", (long)layout.StoredBytes);
            threads = new CoreFile(process, file, meter.Add, _cancellation).Write(layout);
        });
        return new CheckpointCoreDump
        {
            ArchivePath = _content.Path,
            ProcessId = processId,
            ProcessName = process.Core.Tc?.Comm ?? "",
            Path = destination,
            Size = new FileInfo(destination).Length,
            Architecture = process.Registers.Architecture,
            ThreadCount = threads,
            MissingBytes = (long)Math.Min(layout.MissingBytes, long.MaxValue),
        };
    }

    /// <summary>Closes the archive.</summary>
    public void Dispose() => _content.Dispose();

    private bool HasMemory(uint processId) =>
        _content.FindImage(string.Create(CultureInfo.InvariantCulture, $"mm-{processId}.img")) is not null;
}
