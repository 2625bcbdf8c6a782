using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.OpenFiles;

/// <summary>The images that complement files.img, each read on first use.</summary>
internal sealed class OpenFileImages(CheckpointImages images)
{
    private HashSet<uint>? _remapped;
    private Dictionary<ulong, MemfdInodeEntry>? _memfds;
    private Dictionary<uint, TtyInfoEntry>? _terminals;
    private Dictionary<uint, ulong>? _pipes;
    private Dictionary<uint, ulong>? _fifos;

    /// <summary>True where the file's name had been deleted: CRIU keeps it as a ghost file, or under a temporary name.</summary>
    public bool IsRemapped(uint fileId) => (_remapped ??= ReadRemapped()).Contains(fileId);

    /// <summary>The inode of a memfd.</summary>
    public MemfdInodeEntry? MemfdOf(MemfdFileEntry file) => (_memfds ??= ReadMemfds()).GetValueOrDefault(file.InodeId);

    /// <summary>The terminal behind a file.</summary>
    public TtyInfoEntry? TerminalOf(TtyFileEntry file) => (_terminals ??= ReadTerminals()).GetValueOrDefault(file.TtyInfoId);

    /// <summary>How many bytes wait in a pipe.</summary>
    public ulong BytesInPipe(PipeEntry pipe) => (_pipes ??= ReadData("pipes-data.img", "PIPES_DATA")).GetValueOrDefault(pipe.PipeId);

    /// <summary>How many bytes wait in a named pipe.</summary>
    public ulong BytesInFifo(FifoEntry fifo) => (_fifos ??= ReadData("fifo-data.img", "FIFO_DATA")).GetValueOrDefault(fifo.PipeId);

    private HashSet<uint> ReadRemapped() =>
        [.. (images.ReadAll<RemapFilePathEntry>("remap-fpath.img", CriuImageType.RemapFilePath) ?? []).Select(remap => remap.OrigId)];

    private Dictionary<ulong, MemfdInodeEntry> ReadMemfds() =>
        First(images.ReadAll<MemfdInodeEntry>("memfd.img", CriuImageType.MemfdInode), memfd => memfd.InodeId);

    private Dictionary<uint, TtyInfoEntry> ReadTerminals() =>
        First(images.ReadAll<TtyInfoEntry>("tty-info.img", CriuImageType.ByName["TTY_INFO"]), terminal => terminal.Id);

    private Dictionary<uint, ulong> ReadData(string name, string type)
    {
        var bytes = new Dictionary<uint, ulong>();
        if (images.Content.FindImage(name) is not { } member)
            return bytes;
        var reader = images.Content.OpenImage(member, CriuImageType.ByName[type]);
        while (reader.TryReadMessage(PipeDataEntry.Parser, out var message))
        {
            var data = (PipeDataEntry)message;
            reader.SkipPayload(data.Bytes);
            bytes[data.PipeId] = bytes.GetValueOrDefault(data.PipeId) + data.Bytes;
        }
        return bytes;
    }

    private static Dictionary<TKey, T> First<TKey, T>(IReadOnlyList<T>? entries, Func<T, TKey> key)
        where TKey : notnull
        => (entries ?? []).DistinctBy(key).ToDictionary(key);
}
