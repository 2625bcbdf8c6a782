using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Budgets;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Documents;
using KubeCheckpoint.Criu.Images;

namespace KubeCheckpoint.Archives.Contents;

/// <summary>The CRIU images of a file: those in a checkpoint archive, or the file itself.</summary>
public sealed class CriuImageFiles : IDisposable
{
    private const int BufferSize = 64 * 1024;

    private readonly FileByteSource? _file;
    private readonly CheckpointContent? _archive;
    private readonly CancellationToken _cancellation;

    private CriuImageFiles(FileByteSource? file, CheckpointContent? archive, CancellationToken cancellationToken)
    {
        _file = file;
        _archive = archive;
        _cancellation = cancellationToken;
    }

    /// <summary>Whether the file is an archive.</summary>
    public bool IsArchive => _archive is not null;

    /// <summary>The names of all files in the archive, in its order; empty where the file is an image.</summary>
    public IEnumerable<string> Members =>
        (_archive?.Members ?? []).Where(member => member.Kind == ArchiveMemberKind.File).Select(member => member.Name);

    /// <summary>The folder of the CRIU images in the archive, with a slash at its end; empty where they are beside everything else.</summary>
    public string ImageFolder => _archive?.ImageFolder ?? "";

    /// <summary>The failure for an archive without any CRIU image.</summary>
    /// <exception cref="InvalidOperationException">The file is an image.</exception>
    public KubeCheckpointException WithoutImages() => (_archive ?? throw new InvalidOperationException("It is an image.")).WithoutImage("pstree.img");

    /// <summary>Opens a file: as an image if it begins like one or its name ends in <c>.img</c>, otherwise as an archive.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="cancellationToken">Cancels all reading.</param>
    /// <exception cref="KubeCheckpointException">Whatever opening and indexing an <see cref="ArchiveFile"/> throws.</exception>
    public static CriuImageFiles Open(string path, CancellationToken cancellationToken)
    {
        path = Path.GetFullPath(path);
        if (Directory.Exists(path))
            return new CriuImageFiles(null, CheckpointContent.Open(path, cancellationToken), cancellationToken);
        var file = FileByteSource.Open(path);
        if (path.EndsWith(CriuImageName.Ending, StringComparison.OrdinalIgnoreCase) || IsImage(file))
            return new CriuImageFiles(file, null, cancellationToken);
        file.Dispose();
        return new CriuImageFiles(null, CheckpointContent.Open(path, cancellationToken), cancellationToken);
    }

    /// <summary>Whether a file or member has a name under which CRIU writes raw bytes: memory pages, tars of tmpfs, firewall rules.</summary>
    /// <param name="name">Its path or name.</param>
    public static bool IsRaw(string name) => CriuImageFileName.IsRaw(name);

    /// <summary>Reads the magics of an image.</summary>
    /// <param name="member">The member of the archive, or null where the file is the image.</param>
    /// <exception cref="KubeCheckpointException">MemberNotFound or NotACriuImage.</exception>
    public CriuDocument Read(string? member)
    {
        if (_file is not null)
        {
            var budget = new ArchiveBudget(_file.Path, _file.StoredSize());
            return CriuDocument.Open(new ByteSourceStream(_file, 0, _file.Length), new CriuImageName(_file.Path), budget, _cancellation);
        }
        var found = _archive!.Find(member ?? "") ?? throw ArchiveFailure.MemberNotFound(_archive.Path, member ?? "");
        return CriuDocument.Open(_archive.OpenMember(found), new CriuImageName(_archive.Path, found.Name), _archive.Archive.Budget, _cancellation);
    }

    /// <summary>Writes an image: whole or not at all, readable by its owner only.</summary>
    /// <param name="path">The file's full path.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <param name="type">The type by its name.</param>
    /// <param name="family">The magic before the type's own by its name, or null for what CRIU writes.</param>
    /// <param name="entries">The entries.</param>
    /// <param name="cancellationToken">Cancels the writing; nothing is left behind.</param>
    /// <exception cref="KubeCheckpointException">
    /// CriuTypeUnknown, CriuEntryInvalid, DestinationExists, DestinationNotWritable or DestinationDiskFull.
    /// </exception>
    public static CriuImageFile Write(
        string path, bool overwrite, string type, string? family, IEnumerable<CriuObject> entries, CancellationToken cancellationToken)
    {
        if (!CriuImageType.ByName.TryGetValue(type, out var known))
            throw CriuFailure.CriuTypeUnknown(type);
        if (Directory.Exists(path))
            throw ArchiveFailure.DestinationExists(path, isFolder: true);
        if (!overwrite && File.Exists(path))
            throw ArchiveFailure.DestinationExists(path, isFolder: false);
        try
        {
            var (count, size) = (0, 0L);
            WholeFile.Write(path, overwrite, file =>
            {
                // Not disposed: that would close the file before it is flushed to disk.
                var buffered = new BufferedStream(file, BufferSize);
                var writer = new CriuDocumentWriter(buffered, known, cancellationToken);
                writer.Write(family, entries);
                buffered.Flush();
                (count, size) = (writer.Count, file.Length);
            });
            return new CriuImageFile(path, known.Name, count, size);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw WholeFile.FailureOf(path, exception);
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _file?.Dispose();
        _archive?.Dispose();
    }

    private static bool IsImage(FileByteSource file)
    {
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        return file.Read(magic, 0) == magic.Length && CriuImageType.IsMagic(System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(magic));
    }
}
