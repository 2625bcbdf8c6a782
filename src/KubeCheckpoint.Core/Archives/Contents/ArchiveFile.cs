using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Archives.Tar;
using KubeCheckpoint.Budgets;

namespace KubeCheckpoint.Archives.Contents;

/// <summary>
/// An open checkpoint archive: a tar, or a folder with the same files. A plain tar is indexed by its headers and read by offset: nothing
/// is extracted and no memory page is read unless requested. A compressed archive is read from the front, once per call. A folder is
/// listed once, and its files are opened when they are read.
/// </summary>
/// <remarks>
/// The content is not trusted: what it costs is drawn from one <see cref="ArchiveBudget"/>, and a name that occurs twice is refused.
/// All failures come from <see cref="ArchiveFailure"/> and <see cref="BudgetFailure"/>.
/// </remarks>
public sealed class ArchiveFile : IDisposable
{
    // A name or value of JSON as an object, and its place in a dictionary.
    private const int JsonValueCost = 128;

    private readonly IByteSource? _source;
    private readonly FolderFiles? _folder;
    private readonly Lock _decompressing = new();
    private volatile ArchiveFile? _decompressed;
    private IReadOnlyList<ArchiveMember>? _index;
    private string? _wrappingFolder;

    internal ArchiveFile(IByteSource source, ArchiveBudget? budget = null)
    {
        _source = source;
        (Path, Size, Compression) = (source.Path, source.Length, DetectCompression(source));
        Budget = budget ?? new ArchiveBudget(Path, Size);
    }

    private ArchiveFile(string folder, IReadOnlyList<ArchiveMember> index, Func<string, long, ArchiveBudget> makeBudget)
    {
        _folder = new FolderFiles(folder);
        _index = index;
        (Path, Size) = (folder, index.Sum(member => member.Size));
        Budget = makeBudget(Path, index.Sum(_folder.StoredSizeOf));
    }

    /// <summary>The path it was opened by.</summary>
    public string Path { get; }

    /// <summary>The file's size in bytes; of a folder, that of all files in it.</summary>
    public long Size { get; }

    /// <summary>Whether it is a folder.</summary>
    public bool IsFolder => _folder is not null;

    /// <summary>How it is compressed, by its first bytes; its name does not matter.</summary>
    public ArchiveCompression Compression { get; }

    /// <summary>What reading it may cost. Everything that reads it draws from this.</summary>
    internal ArchiveBudget Budget { get; }

    /// <summary>Opens an archive. Only its first bytes are read.</summary>
    /// <param name="path">The file or folder.</param>
    /// <exception cref="KubeCheckpointException">ArchiveNotFound, ArchiveNotReadable, FolderWithoutCheckpoint or CompressionNotSupported.</exception>
    public static ArchiveFile Open(string path) => Open(path, (source, stored) => new ArchiveBudget(source, stored));

    /// <summary>Opens an archive of which only the overview is read.</summary>
    /// <inheritdoc cref="Open(string)"/>
    internal static ArchiveFile OpenForOverview(string path) => Open(path, ArchiveBudget.OfOverview);

    private static ArchiveFile Open(string path, Func<string, long, ArchiveBudget> makeBudget)
    {
        if (Directory.Exists(path))
            return new ArchiveFile(path, CheckpointFolder.List(path), makeBudget);
        var source = FileByteSource.Open(path);
        try
        {
            return new ArchiveFile(source, makeBudget(source.Path, source.StoredSize()));
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>All members in the order of the archive. Of a plain tar only headers are read. The result is cached.</summary>
    /// <param name="cancellationToken">Cancels the reading; checked between members and buffers.</param>
    /// <exception cref="KubeCheckpointException">NotAnArchive, ArchiveTruncated or ArchiveDamaged.</exception>
    public IReadOnlyList<ArchiveMember> ReadIndex(CancellationToken cancellationToken)
    {
        if (_index is not null)
            return _index;
        var index = new List<ArchiveMember>();
        using var tar = OpenTar();
        var scanner = new TarScanner(tar, Path, cancellationToken, budget: Budget);
        while (scanner.Next() is { } member)
            index.Add(member);
        Finish(tar, scanner, cancellationToken);
        return _index = [.. index.Select(scanner.Follow)];
    }

    /// <summary>
    /// Visits every member once, in the order of the archive, links last. Data that the visitor does not read is skipped.
    /// </summary>
    /// <param name="visit">Gets the member and its data, which is valid until the visitor returns.</param>
    /// <param name="cancellationToken">Cancels the reading; checked between members and buffers.</param>
    /// <exception cref="KubeCheckpointException">NotAnArchive, ArchiveTruncated or ArchiveDamaged.</exception>
    public void Scan(Action<ArchiveMember, Stream> visit, CancellationToken cancellationToken)
    {
        foreach (var (member, data) in ReadMembers(cancellationToken))
            visit(member, data);
    }

    /// <summary>
    /// The data of a member. For a plain tar or a folder, a seekable view, several of which may be read at once; for a compressed tar, a
    /// stream that first reads everything before the member, or, for a link, a view of the decompressed tar.
    /// </summary>
    /// <param name="member">A member of this archive's index.</param>
    /// <param name="cancellationToken">Cancels the reading of what precedes the member.</param>
    public Stream OpenMember(ArchiveMember member, CancellationToken cancellationToken)
    {
        if (Compression == ArchiveCompression.None)
            return new ByteSourceStream(Locate(member), 0, member.Size);
        if (member.LinkedTo is not null)
            return Decompress(cancellationToken).OpenMember(member, cancellationToken);
        var scanner = new TarScanner(OpenTar(), Path, cancellationToken, budget: new ArchiveBudget(Path, Size));
        while (scanner.Next() is { } found)
        {
            if (found.HeaderOffset == member.HeaderOffset)
                return scanner.OpenData();
        }
        throw ArchiveFailure.ArchiveTruncated(Path, member.Name, member.HeaderOffset);
    }

    /// <summary>Closes the file, or all files of a folder.</summary>
    public void Dispose()
    {
        _decompressed?.Dispose();
        _source?.Dispose();
        _folder?.Dispose();
    }

    /// <summary>The whole data of a member, from a stream at its first byte.</summary>
    /// <param name="member">A member of this archive's index.</param>
    /// <param name="data">Its data.</param>
    /// <param name="limit">The largest size that is read, in bytes.</param>
    /// <exception cref="KubeCheckpointException">ArchiveMemberTooLarge or ArchiveTruncated.</exception>
    internal byte[] ReadAll(ArchiveMember member, Stream data, int limit)
    {
        if (member.Size > limit)
            throw ArchiveFailure.ArchiveMemberTooLarge(Path, member, limit);
        var bytes = new byte[member.Size];
        if (data.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
            throw ArchiveFailure.ArchiveTruncated(Path, member.Name, member.DataOffset);
        return bytes;
    }

    /// <summary>The whole data of a JSON member, from a stream at its first byte. What parsing it may take is compared with the budget.</summary>
    /// <inheritdoc cref="ReadAll"/>
    internal byte[] ReadJson(ArchiveMember member, Stream data)
    {
        var bytes = ReadAll(member, data, ArchiveLimits.JsonMemberSize);
        var values = 1L;
        foreach (var sign in ",:[{"u8)
            values += bytes.AsSpan().Count(sign);
        Budget.RequireMemory(2L * bytes.Length + values * JsonValueCost, "its JSON, as objects in memory,", member.Name);
        return bytes;
    }

    /// <summary>The data of a file in a plain tar or a folder, to be read at any offset by several threads. The archive owns it.</summary>
    internal IByteSource Locate(ArchiveMember member) => _folder?.Open(member) ?? (member.Sparse is null
        ? new ByteRange(_source!, member.DataOffset, member.Size)
        : new SparseSource(_source!, member.DataOffset, member.Size, member.Sparse));

    /// <summary>Whether members can be read at any offset: not in a compressed tar before <see cref="Decompress"/>.</summary>
    internal bool IsSeekable => Compression == ArchiveCompression.None || _decompressed is not null;

    /// <summary>The archive for reading at any offset: itself, or, for a compressed tar, a temporary file, which is written once.</summary>
    /// <exception cref="KubeCheckpointException">ArchiveTruncated, ArchiveDamaged or SpillFailed.</exception>
    internal ArchiveFile Decompress(CancellationToken cancellationToken)
    {
        if (Compression == ArchiveCompression.None)
            return this;
        if (_decompressed is { } decompressed)
            return decompressed;
        lock (_decompressing)
            return _decompressed ??= new ArchiveFile(SpillFile.Write(this, cancellationToken), Budget);
    }

    /// <summary>The tar, from its first byte. A folder has none.</summary>
    internal Stream OpenTar()
    {
        var bytes = new ByteSourceStream(_source!, 0, Size);
        return Compression == ArchiveCompression.None ? bytes : new DecompressedStream(Path, bytes, Compression);
    }

    /// <summary>Visits the members of a tar like <see cref="Scan"/>, once all are known: links are not followed, and nothing is remembered.</summary>
    internal void ScanAgain(Action<ArchiveMember, Stream> visit, CancellationToken cancellationToken)
    {
        using var tar = OpenTar();
        var scanner = new TarScanner(tar, Path, cancellationToken, TarContent.RootFs, Budget);
        while (scanner.Next() is { } member)
            visit(member, scanner.OpenData());
    }

    /// <summary>The members as <see cref="Scan"/> visits them, for callers that yield results while reading. Data is valid until the next member.</summary>
    internal IEnumerable<(ArchiveMember Member, Stream Data)> ReadMembers(CancellationToken cancellationToken) =>
        IsFolder ? ReadFiles(cancellationToken) : ReadTar(cancellationToken);

    private IEnumerable<(ArchiveMember Member, Stream Data)> ReadFiles(CancellationToken cancellationToken)
    {
        foreach (var member in _index!)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return (member, member.Kind == ArchiveMemberKind.File ? OpenMember(member, cancellationToken) : Stream.Null);
        }
    }

    private IEnumerable<(ArchiveMember Member, Stream Data)> ReadTar(CancellationToken cancellationToken)
    {
        using var tar = OpenTar();
        var scanner = new TarScanner(tar, Path, cancellationToken, budget: Budget);
        try
        {
            var links = new List<ArchiveMember>();
            while (scanner.Next() is { } member)
            {
                if (member.LinkedTo is not null || member.SymbolicTarget is not null)
                    links.Add(member);
                else
                    yield return (member, scanner.OpenData());
            }
            Finish(tar, scanner, cancellationToken);
            foreach (var link in links.Select(scanner.Follow))
                yield return (link, link.LinkedTo is null ? Stream.Null : new LinkStream(() => OpenMember(link, cancellationToken)));
        }
        finally
        {
            scanner.Return();
        }
    }

    /// <summary>
    /// The files with these names: for a plain tar or a folder in this order and seekable, for a compressed tar in its own order, in one
    /// pass. Data is valid until the next member.
    /// </summary>
    /// <exception cref="KubeCheckpointException">ArchiveDamaged where one of them is not a file; and whatever <see cref="Scan"/> throws.</exception>
    internal IEnumerable<(ArchiveMember Member, Stream Data)> ReadMembers(IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        var found = Compression == ArchiveCompression.None
            ? names.Join(ReadIndex(cancellationToken), name => name, member => member.Name, (_, member) => (member, OpenMember(member, cancellationToken)))
            : ReadMembers(cancellationToken).Where(item => names.Contains(item.Member.Name));
        foreach (var (member, data) in found)
        {
            yield return member.Kind == ArchiveMemberKind.File
                ? (member, data)
                : throw ArchiveFailure.ArchiveDamaged(Path, member.Name, member.HeaderOffset, $"it is of kind {member.Kind}, not a file");
        }
    }

    /// <summary>The failure for a member that is not there, after the archive has been read.</summary>
    internal KubeCheckpointException MemberMissing(string name, string? advice = null) => _wrappingFolder is null
        ? ArchiveFailure.ArchiveMemberMissing(Path, name, advice, FileKinds.Of(Path))
        : ArchiveFailure.ArchiveInFolder(Path, _wrappingFolder);

    // After the end of the tar come the end and checksum of the compressed stream.
    private void Finish(Stream tar, TarScanner scanner, CancellationToken cancellationToken)
    {
        _wrappingFolder = WrappingFolder.Find(scanner.Names);
        Budget.Hold(scanner.Position);
        if (tar.CanSeek)
            return;
        Span<byte> scrap = stackalloc byte[16 * 1024];
        while (tar.Read(scrap) > 0)
            cancellationToken.ThrowIfCancellationRequested();
    }

    private static ArchiveCompression DetectCompression(IByteSource source)
    {
        Span<byte> magic = stackalloc byte[CompressionFormat.MagicSize];
        return CompressionFormat.Detect(source.Path, magic[..source.Read(magic, 0)]);
    }

    /// <summary>The data of a link, opened when it is read: a compressed archive is decompressed for it.</summary>
    private sealed class LinkStream(Func<Stream> open) : ReadOnlyStream, IHoleStream
    {
        private Stream? _data;

        public override int Read(Span<byte> buffer) => (_data ??= open()).Read(buffer);

        public long SkipHole() => (_data ??= open()).SkipHole();
    }
}
