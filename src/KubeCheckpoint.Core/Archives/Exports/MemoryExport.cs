using System.Globalization;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.CoreDumps;
using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Archives.Exports;

/// <summary>Takes the memory of processes out of a checkpoint archive: as core files, as it is, or as a hexdump.</summary>
public sealed class MemoryExport : IDisposable
{
    // Sizes beyond this are no file's: a pagemap that lies.
    private const ulong LargestFile = 1UL << 60;

    private const int BufferSize = 1024 * 1024;

    // What is kept in memory of a compressed archive.
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

    /// <summary>The maps of a process whose names are wanted and of which the archive has pages, in ascending order.</summary>
    /// <param name="processId">One of <see cref="Processes"/>.</param>
    /// <param name="isWanted">Tells by a map's path, or its kind in brackets such as <c>[heap]</c>.</param>
    /// <exception cref="KubeCheckpointException">ProcessNotInArchive, ProcessWithoutMemory, CriuImageDamaged.</exception>
    public IReadOnlyList<MemoryRange> FindMaps(int processId, Func<string, bool> isWanted)
    {
        var memory = FindMemory(processId);
        var names = new MapNames(_images, _images.Mm((uint)processId)!);
        return [.. memory.Maps.Where(map => isWanted(names.NameOf(map))).Select(map => new MemoryRange(map.Start, map.End)).Where(range => HasPages(memory, range))];
    }

    /// <summary>Whether the archive has pages of a range.</summary>
    /// <param name="processId">One of <see cref="Processes"/>.</param>
    /// <param name="range">The range.</param>
    /// <exception cref="KubeCheckpointException">ProcessNotInArchive, ProcessWithoutMemory, CriuImageDamaged.</exception>
    public bool HasPages(int processId, MemoryRange range) => HasPages(FindMemory(processId), range);

    /// <summary>How many bytes of a range are not in the archive and not certainly zeros, or not mapped at all.</summary>
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
    /// Writes memory to a file as it is: whole or not at all, readable for its owner only. What is missing is a hole in it.
    /// </summary>
    /// <param name="processId">One of <see cref="Processes"/>.</param>
    /// <param name="range">The range.</param>
    /// <param name="destination">The file's full path; its folder is made where it is not there.</param>
    /// <param name="overwrite">Replaces a file that exists.</param>
    /// <param name="progress">Gets how far it has come, or null.</param>
    /// <exception cref="KubeCheckpointException">
    /// MemoryNotInArchive where nothing of the range is in the archive; ProcessNotInArchive, ProcessWithoutMemory, DestinationExists,
    /// DestinationNotWritable, DestinationDiskFull, and what reading images and pages throws.
    /// </exception>
    public ExportedMemory WriteRange(int processId, MemoryRange range, string destination, bool overwrite, IProgress<TransferProgress>? progress)
    {
        var memory = FindMemory(processId);
        var missing = CheckRange(processId, range);
        Prefetch(memory, range);
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

    /// <summary>Memory in lines as <c>xxd</c> prints them, with addresses in the place of offsets; missing bytes are left out.</summary>
    /// <param name="processId">One of <see cref="Processes"/>.</param>
    /// <param name="range">The range.</param>
    /// <returns>The lines; each is read when it is asked for.</returns>
    /// <exception cref="KubeCheckpointException">As <see cref="WriteRange"/>, but for what concerns the file.</exception>
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

    // Of a compressed archive the few bytes that are wanted, instead of all of it into a temporary file.
    private void Prefetch(AddressSpace memory, MemoryRange range)
    {
        if (range.Length <= PrefetchedRange)
            _content.Prefetch(MemoryRanges.Find(_content, memory, range.Start, range.End));
    }

    private void Write(AddressSpace memory, MemoryRange range, FileStream file, MemoryMeter meter)
    {
        var buffer = new byte[BufferSize];
        foreach (var piece in MemoryPiece.Of(memory, range))
        {
            for (var done = 0L; piece.Extent is { } extent && done < extent.Length;)
            {
                _cancellation.ThrowIfCancellationRequested();
                var bytes = buffer.AsSpan(0, (int)Math.Min(buffer.Length, extent.Length - done));
                extent.Store!.Read(extent.Run, extent.Start + done, bytes);
                RandomAccess.Write(file.SafeFileHandle, bytes, (long)(piece.Address - range.Start) + done);
                done += bytes.Length;
                meter.Add(bytes.Length);
            }
        }
        // What was not written is a hole.
        file.SetLength((long)range.Length);
    }

    private bool HasMemory(uint processId) =>
        _content.FindImage(string.Create(CultureInfo.InvariantCulture, $"mm-{processId}.img")) is not null;
}
