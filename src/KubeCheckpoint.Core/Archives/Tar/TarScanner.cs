using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Archives.Tar;

/// <summary>
/// Reads the headers of a tar one by one. On a seekable stream the data between them is not read. The data of a member can be read
/// from <see cref="OpenData"/> until <see cref="Next"/> is called again. Refuses, instead of guessing, whatever two
/// readers could interpret in two ways: duplicate members, sparse files, names that leave the root.
/// </summary>
/// <param name="stream">The tar, from its first byte.</param>
/// <param name="path">The name used in messages.</param>
/// <param name="cancellationToken">Cancels the reading; checked between headers and buffers.</param>
/// <param name="content">The kind of content.</param>
internal sealed class TarScanner(
    Stream stream, string path, CancellationToken cancellationToken, TarContent content = TarContent.Checkpoint)
{
    private readonly byte[] _block = new byte[TarHeader.BlockSize];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private ArchiveMember? _current;
    private PaxRecords _pax = PaxRecords.None;
    private string? _longLink;
    private int _count;
    private long _position;
    private long _nextHeader;

    /// <summary>The next member, or null at the end of the archive.</summary>
    public ArchiveMember? Next()
    {
        string? longName = null;
        (_pax, _longLink) = (PaxRecords.None, null);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            SkipTo(_nextHeader, _current?.Name);
            _current = null;
            var offset = _position;
            if (!ReadBlock())
                return null;
            var header = new TarHeader(_block);
            if (!header.HasValidChecksum())
                throw BadHeader(offset);
            if (!header.TryGetSize(out var size))
                throw ArchiveFailure.ArchiveDamaged(path, null, offset, "the size field of a header is not valid");

            switch (header.TypeFlag)
            {
                case 'x':
                    _pax = ReadPax(size, offset);
                    break;
                case 'g':
                    if (ReadPax(size, offset) is { Path: null, Size: null, IsSparse: false })
                        break;
                    throw ArchiveFailure.ArchiveDamaged(path, null, offset, "a global header names a path or size");
                case 'L':
                    longName = TarHeader.Text(ReadExtension(size, offset));
                    break;
                case 'K':
                    _longLink = TarHeader.Text(ReadExtension(size, offset));
                    break;
                default:
                    if (MakeMember(header, size, offset, longName) is { } member)
                        return _current = member;
                    longName = null;
                    (_pax, _longLink) = (PaxRecords.None, null);
                    break;
            }
        }
    }

    /// <summary>The data of the member that <see cref="Next"/> returned last.</summary>
    public Stream OpenData() => new MemberStream(this, _current ?? throw new InvalidOperationException("No member."));

    /// <summary>The other attributes of the member that <see cref="Next"/> returned last.</summary>
    public TarAttributes ReadAttributes() => _current is null ? throw new InvalidOperationException("No member.") : new TarHeader(_block).ToAttributes(_pax, _longLink);

    private ArchiveMember? MakeMember(TarHeader header, long size, long offset, string? longName)
    {
        var name = MemberName.Clean(_pax.Path ?? longName ?? header.Name, out var reason)
            ?? throw ArchiveFailure.ArchiveDamaged(path, null, offset, reason);
        if (header.TypeFlag == 'S' || _pax.IsSparse)
            throw ArchiveFailure.ArchiveDamaged(path, name, offset, "it is stored as a sparse file, which no engine writes");
        var kind = KindOf(header);
        if (kind == ArchiveMemberKind.Directory && header.TypeFlag == '\0' && size > 0)
            throw ArchiveFailure.ArchiveDamaged(path, name, offset, "it is a folder with data");
        // Only files have data; the size field of a link or folder is ignored (as in Go's archive/tar).
        size = kind is ArchiveMemberKind.File || header.TypeFlag > '7' ? _pax.Size ?? size : 0;
        if (size > long.MaxValue - _position - TarHeader.BlockSize)
            throw ArchiveFailure.ArchiveDamaged(path, name, offset, "its size is impossible");
        _nextHeader = _position + Padded(size);
        if (stream.CanSeek && _nextHeader > stream.Length)
            throw ArchiveFailure.ArchiveTruncated(path, name, offset);
        if (name.Length == 0)
            return kind == ArchiveMemberKind.Directory ? null : throw ArchiveFailure.ArchiveDamaged(path, null, offset, "the root is not a folder");
        if (content == TarContent.Checkpoint && !_names.Add(name))
            throw ArchiveFailure.ArchiveDamaged(path, name, offset, "an earlier member has the same name");
        var limit = content == TarContent.Checkpoint ? ArchiveLimits.MemberCount : ArchiveLimits.FileCount;
        if (++_count > limit)
            throw ArchiveFailure.ArchiveDamaged(path, name, offset, $"there are more than {limit} members");
        return new ArchiveMember(name, kind, size, offset, _position, header.ModifiedAt);
    }

    private static ArchiveMemberKind KindOf(TarHeader header) => header.TypeFlag switch
    {
        '\0' when header.Name.EndsWith('/') => ArchiveMemberKind.Directory,
        '0' or '\0' or '7' => ArchiveMemberKind.File,
        '1' => ArchiveMemberKind.HardLink,
        '2' => ArchiveMemberKind.SymbolicLink,
        '5' => ArchiveMemberKind.Directory,
        _ => ArchiveMemberKind.Other,
    };

    private PaxRecords ReadPax(long size, long offset) =>
        PaxRecords.Parse(ReadExtension(size, offset)) ?? throw ArchiveFailure.ArchiveDamaged(path, null, offset, "a PAX header is malformed");

    private byte[] ReadExtension(long size, long offset)
    {
        if (size > ArchiveLimits.ExtendedHeaderSize)
            throw ArchiveFailure.ArchiveDamaged(path, null, offset, $"an extended header claims {size} bytes");
        _nextHeader = _position + Padded(size);
        if (stream.CanSeek && _nextHeader > stream.Length)
            throw ArchiveFailure.ArchiveTruncated(path, null, offset);
        var data = new byte[size];
        if (Read(data) != size)
            throw ArchiveFailure.ArchiveTruncated(path, null, offset);
        return data;
    }

    // Two zero blocks end an archive. A file without them is truncated: every engine writes them.
    private bool ReadBlock()
    {
        var offset = _position;
        ReadFullBlock(offset);
        if (!new TarHeader(_block).IsZero)
            return true;
        if (offset == 0 && content == TarContent.Checkpoint)
            throw ArchiveFailure.NotAnArchive(path, "it begins with zeros");
        ReadFullBlock(offset);
        if (!new TarHeader(_block).IsZero)
            throw ArchiveFailure.ArchiveDamaged(path, null, offset, "there are zeros in place of a header");
        return false;
    }

    private void ReadFullBlock(long offset)
    {
        var count = Read(_block);
        if (count == TarHeader.BlockSize)
            return;
        throw offset == 0
            ? ArchiveFailure.NotAnArchive(path, count == 0 ? "it is empty" : "it is shorter than a tar header")
            : ArchiveFailure.ArchiveTruncated(path, null, offset);
    }

    private KubeCheckpointException BadHeader(long offset) => offset == 0
        ? ArchiveFailure.NotAnArchive(path, "it does not begin with a tar header")
        : ArchiveFailure.ArchiveDamaged(path, null, offset, "the checksum of a header is wrong");

    private void SkipTo(long target, string? member)
    {
        if (stream.CanSeek)
        {
            stream.Position = _position = target;
            return;
        }
        Span<byte> scrap = stackalloc byte[16 * 1024];
        while (_position < target)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Read(scrap[..(int)Math.Min(scrap.Length, target - _position)]) == 0)
                throw ArchiveFailure.ArchiveTruncated(path, member, _position);
        }
    }

    private int Read(Span<byte> buffer)
    {
        var count = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        _position += count;
        return count;
    }

    private static long Padded(long size) => (size + TarHeader.BlockSize - 1) & ~(TarHeader.BlockSize - 1L);

    private sealed class MemberStream(TarScanner scanner, ArchiveMember member) : ReadOnlyStream
    {
        public override int Read(Span<byte> buffer)
        {
            if (!ReferenceEquals(scanner._current, member))
                throw new InvalidOperationException("The scanner has moved on.");
            var left = member.DataOffset + member.Size - scanner._position;
            if (buffer.Length > left)
                buffer = buffer[..(int)left];
            if (buffer.IsEmpty)
                return 0;
            var count = scanner.Read(buffer);
            return count == buffer.Length ? count : throw ArchiveFailure.ArchiveTruncated(scanner.PathOfArchive, member.Name, scanner._position);
        }
    }

    private string PathOfArchive => path;
}
