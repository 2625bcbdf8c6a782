using System.Globalization;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.CoreDumps;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Archives.Exports;

/// <summary>Exports the memory of processes from a checkpoint archive: as core files, raw, or as a hexdump.</summary>
public sealed class MemoryExport : IDisposable
{
    // No file is larger: the pagemap is false.
    private const ulong LargestFile = 1UL << 60;

    private const int BufferSize = 1024 * 1024;

    // What may be kept in memory of a compressed archive.
    private const ulong PrefetchedRange = 16 * 1024 * 1024;

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
    /// <param name="cancellationToken">Cancels all reading and writing.</param>
    /// <exception cref="KubeCheckpointException">Whatever opening an archive throws, and ArchiveMemberMissing without pstree.img.</exception>
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

    /// <summary>Writes the ELF core file of a process: whole or not at all, readable by its owner only.</summary>
    /// <param name="processId">One of <see cref="Processes"/>.</param>
    /// <param name="destination">The file's full path; its folder is created if it is missing.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <param name="progress">Receives the progress, or null.</param>
    /// <exception cref="KubeCheckpointException">
    /// ProcessNotInArchive, ProcessWithoutMemory, CoreDumpNotSupported, DestinationExists, DestinationNotWritable, DestinationDiskFull,
    /// and whatever reading images and pages throws, such as ArchiveMemberMissing and CriuImageDamaged.
    /// </exception>
    public CheckpointCoreDump WriteCoreDump(int processId, string destination, bool overwrite, IProgress<TransferProgress>? progress)
    {
        var task = _images.Tasks.FirstOrDefault(task => task.Pid == (uint)processId)
            ?? throw MemoryFailure.ProcessNotInArchive(_content.Path, processId.ToString(CultureInfo.InvariantCulture));
        var process = CoreProcess.Open(_images, task);
        var layout = CoreLayout.Of(process.Memory, _cancellation);
        if (layout.FileBytes > LargestFile)
            throw MemoryFailure.CoreDumpNotSupported(_content.Path, processId, $"its pagemap claims {layout.FileBytes} bytes");
        Claim(destination, (long)Math.Min(layout.StoredBytes, long.MaxValue));
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

    /// <summary>The selected maps of a process that have pages in the archive, in ascending order.</summary>
    /// <param name="processId">One of <see cref="Processes"/>.</param>
    /// <param name="isWanted">Selects maps by path, or by kind in brackets such as <c>[heap]</c>.</param>
    /// <exception cref="KubeCheckpointException">ProcessNotInArchive, ProcessWithoutMemory, CriuImageDamaged.</exception>
    public IReadOnlyList<MemoryRange> FindMaps(int processId, Func<string, bool> isWanted)
    {
        var memory = FindMemory(processId);
        var names = new MapNames(_images, _images.Mm((uint)processId)!);
        var ranges = memory.Maps.Where(map => isWanted(names.NameOf(map))).Select(map => new MemoryRange(map.Start, map.End));
        return [.. ranges.Where(range => HasPages(memory, range))];
    }

    /// <summary>Whether the archive has pages of a range.</summary>
    /// <param name="processId">One of <see cref="Processes"/>.</param>
    /// <param name="range">The range.</param>
    /// <exception cref="KubeCheckpointException">ProcessNotInArchive, ProcessWithoutMemory, CriuImageDamaged.</exception>
    public bool HasPages(int processId, MemoryRange range) => HasPages(FindMemory(processId), range);

    /// <summary>How many bytes of a range are missing: not in the archive and not known to be zeros, or not mapped.</summary>
    /// <param name="processId">One of <see cref="Processes"/>.</param>
    /// <param name="range">The range.</param>
    /// <exception cref="KubeCheckpointException">ProcessNotInArchive, ProcessWithoutMemory, CriuImageDamaged.</exception>
    public long CountMissing(int processId, MemoryRange range)
    {
        var missing = 0UL;
        foreach (var piece in MemoryPiece.Of(FindMemory(processId), range).Where(piece => piece.IsMissing))
            missing += piece.Length;
        return (long)Math.Min(missing, long.MaxValue);
    }

    /// <summary>
    /// Writes raw memory to a file: completely or not at all, readable by its owner only. Missing bytes are holes.
    /// </summary>
    /// <param name="processId">One of <see cref="Processes"/>.</param>
    /// <param name="range">The range.</param>
    /// <param name="destination">The file's full path; its folder is created if it is missing.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <param name="progress">Receives the progress, or null.</param>
    /// <exception cref="KubeCheckpointException">
    /// MemoryNotInArchive where nothing of the range is in the archive; ProcessNotInArchive, ProcessWithoutMemory, DestinationExists,
    /// DestinationNotWritable, DestinationDiskFull, and whatever reading images and pages throws.
    /// </exception>
    public ExportedMemory WriteRange(int processId, MemoryRange range, string destination, bool overwrite, IProgress<TransferProgress>? progress)
    {
        var memory = FindMemory(processId);
        var missing = CheckRange(processId, range);
        Prefetch(memory, range);
        Claim(destination, memory.Parts(range.Start, range.End).Where(part => part.Store is not null && !part.IsZero).Sum(part => part.Length));
        MemoryFile.Write(destination, overwrite, file => Write(memory, range, file, new MemoryMeter(progress, $"Exporting {range}", (long)range.Length)));
        return new ExportedMemory
        {
            ArchivePath = _content.Path,
            ProcessId = processId,
            ProcessName = Processes.First(process => process.Id == processId).Name,
            Address = range.Start,
            Length = (long)range.Length,
            Path = destination,
            MissingBytes = missing,
        };
    }

    /// <summary>Memory in lines as <c>xxd</c> prints them, with addresses instead of offsets; missing bytes are left out.</summary>
    /// <param name="processId">One of <see cref="Processes"/>.</param>
    /// <param name="range">The range.</param>
    /// <returns>The lines, read as they are enumerated.</returns>
    /// <exception cref="KubeCheckpointException">As <see cref="WriteRange"/>, except for those of the file.</exception>
    public IEnumerable<string> ReadHexDump(int processId, MemoryRange range)
    {
        var memory = FindMemory(processId);
        CheckRange(processId, range);
        Prefetch(memory, range);
        return new HexDump(memory, _cancellation).Read(range);
    }

    /// <summary>Closes the archive.</summary>
    public void Dispose() => _content.Dispose();

    private AddressSpace FindMemory(int processId)
    {
        if (Processes.FirstOrDefault(process => process.Id == processId) is not { } process)
            throw MemoryFailure.ProcessNotInArchive(_content.Path, processId.ToString(CultureInfo.InvariantCulture));
        return _images.Memory((uint)processId) ?? throw MemoryFailure.ProcessWithoutMemory(_content.Path, processId, process.Name);
    }

    private static bool HasPages(AddressSpace memory, MemoryRange range) =>
        memory.Extents(range.Start, range.End).Any(extent => extent.Store is not null);

    private long CheckRange(int processId, MemoryRange range)
    {
        if (range.Length > long.MaxValue || range.End <= range.Start)
            throw MemoryFailure.MemoryNotInArchive(_content.Path, processId, range);
        var missing = CountMissing(processId, range);
        return (ulong)missing < range.Length ? missing : throw MemoryFailure.MemoryNotInArchive(_content.Path, processId, range);
    }

    // For a compressed archive, keeps the few bytes in memory instead of decompressing all of it into a temporary file.
    private void Prefetch(AddressSpace memory, MemoryRange range)
    {
        if (range.Length <= PrefetchedRange)
            _content.Prefetch(MemoryRanges.Find(_content, memory, range.Start, range.End));
    }

    // What the archive holds is the most that the file takes on the disk: pages may be zeros.
    private void Claim(string destination, long bytes)
    {
        _content.Archive.Budget.DrawOutput(bytes, "a file of memory");
        FreeSpace.Require(destination, bytes);
    }

    private void Write(AddressSpace memory, MemoryRange range, FileStream file, MemoryMeter meter)
    {
        var buffer = new byte[BufferSize];
        var target = new SparseFile(file.SafeFileHandle);
        foreach (var piece in MemoryPiece.Of(memory, range))
        {
            for (var done = 0L; piece.Extent is { IsZero: false } extent && done < extent.Length;)
            {
                _cancellation.ThrowIfCancellationRequested();
                var bytes = buffer.AsSpan(0, (int)Math.Min(buffer.Length, extent.Length - done));
                extent.Store!.Read(extent.Run, extent.Start + done, bytes);
                target.Write(bytes, (long)(piece.Address - range.Start) + done);
                done += bytes.Length;
                meter.Add(bytes.Length);
            }
        }
        target.Finish((long)range.Length);
    }

    private bool HasMemory(uint processId) =>
        _content.FindImage(string.Create(CultureInfo.InvariantCulture, $"mm-{processId}.img")) is not null;
}
