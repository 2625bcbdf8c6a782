using System.Text;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Budgets;

namespace KubeCheckpoint.Archives.Tar;

/// <summary>
/// Reads the headers of a tar one by one. On a seekable stream the data between them is not read. The data of a member can be read
/// from <see cref="OpenData"/> until <see cref="Next"/> is called again. Refuses, instead of guessing, whatever two
/// programs read in two ways: Go's archive/tar, which container runtimes use, GNU tar and Python.
/// </summary>
/// <param name="stream">The tar, from its first byte.</param>
/// <param name="path">The name used in messages.</param>
/// <param name="cancellationToken">Cancels the reading; checked between headers and buffers.</param>
/// <param name="content">The kind of content.</param>
/// <param name="budget">What members that are remembered draw from; files of a container are not. Default: that of the stream.</param>
internal sealed class TarScanner(
    Stream stream, string path, CancellationToken cancellationToken, TarContent content = TarContent.Checkpoint, ArchiveBudget? budget = null)
{
    // A member, its place in the index, and what the collector has not taken yet of growing it.
    private const int MemberCost = 256;
    private const int RangeCost = 24;

    // What the decoder writes for bytes that are not UTF-8.
    private const char Replacement = '\ufffd';

    private readonly ArchiveBudget _budget = budget ?? new ArchiveBudget(path, stream.CanSeek ? stream.Length : 0);
    private readonly byte[] _block = new byte[TarHeader.BlockSize];
    private readonly Dictionary<string, ArchiveMember> _members = new(StringComparer.Ordinal);
    private SymbolicLinks? _links;
    private int _sparseRanges;
    private ArchiveMember? _current;
    private readonly Encoding _encoding = TarText.EncodingOf(content);
    private TarExtensions _extensions = new(TarText.EncodingOf(content));
    private long _drawn;
    private long _position;
    private long _nextHeader;

    /// <summary>The next member, or null at the end of the archive.</summary>
    public ArchiveMember? Next()
    {
        _extensions = new(_encoding);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            SkipTo(_nextHeader, _current?.Name);
            _current = null;
            var offset = _position;
            if (!ReadBlock())
                return End();
            var header = new TarHeader(_block, _encoding);
            if (!header.HasValidChecksum())
                throw BadHeader(offset);
            if (header.FindProblem() is { } problem)
                throw ArchiveFailure.ArchiveDamaged(path, NameOf(header), offset, problem);
            header.TryGetSize(out var size);

            switch (header.TypeFlag)
            {
                case 'x' or 'L' or 'K':
                    AddExtension(header.TypeFlag, size, offset);
                    break;
                case 'g':
                    CheckGlobal(size, offset);
                    break;
                default:
                    if (MakeMember(header, size, offset) is { } member)
                        return _current = member;
                    _extensions = new(_encoding);
                    break;
            }
        }
    }

    /// <summary>The data of the member that <see cref="Next"/> returned last. That of a link to a file can be read only where the tar is seekable.</summary>
    public Stream OpenData() => new MemberStream(this, Current, Current);

    /// <summary>The bytes after the header of the member that <see cref="Next"/> returned last: of a sparse file, what is stored.</summary>
    public Stream OpenStored() => new MemberStream(this, Current, Current with { Size = Current.StoredSize, Sparse = null });

    /// <summary>How much memory a member takes that is remembered.</summary>
    public static long CostOf(ArchiveMember member) => MemberCost + sizeof(char) * (long)(member.Name.Length + (member.SymbolicTarget?.Length ?? 0));

    /// <summary>Returns what was drawn from the budget, once neither the scanner nor its members are used any longer.</summary>
    public void Return()
    {
        _budget.ReturnMemory(_drawn);
        _drawn = 0;
    }

    /// <summary>How many bytes of the tar have been passed.</summary>
    public long Position => _position;

    /// <summary>The names of the members that were read, except of files of a container.</summary>
    public IReadOnlyCollection<string> Names => _members.Keys;

    /// <summary>A symbolic link with the data of the file that it leads to, once all members have been read; any other member as it is.</summary>
    public ArchiveMember Follow(ArchiveMember member) => (_links ??= new(name => _members.GetValueOrDefault(name))).Follow(member);

    /// <summary>The other attributes of the member that <see cref="Next"/> returned last.</summary>
    public TarAttributes ReadAttributes() => _current is null
        ? throw new InvalidOperationException("No member.")
        : new TarHeader(_block, _encoding).ToAttributes(Pax, _extensions.LinkTarget);

    private ArchiveMember Current => _current ?? throw new InvalidOperationException("No member.");

    private ArchiveMember? MakeMember(TarHeader header, long size, long offset)
    {
        var rawName = NameOf(header);
        var name = MemberName.Clean(rawName, out var reason) ?? throw ArchiveFailure.ArchiveDamaged(path, null, offset, reason);
        var kind = KindOf(header, rawName)
            ?? throw ArchiveFailure.TarFormatNotSupported(
                path, name, offset, $"the type '{TerminalText.Excerpt($"{header.TypeFlag}")}' is none of a file, folder, link or device");
        size = Pax.Size ?? size;
        if (FindAmbiguity(header, rawName, kind, size) is { } ambiguity)
            throw ArchiveFailure.ArchiveDamaged(path, name, offset, ambiguity);
        if (size > long.MaxValue - _position - TarHeader.BlockSize)
            throw ArchiveFailure.ArchiveDamaged(path, name, offset, "its size is impossible");
        var sparse = header.TypeFlag == 'S' || Pax.IsSparse ? ReadSparse(header, name, offset, ref size) : null;
        _nextHeader = _position + Padded(size);
        if (stream.CanSeek && _nextHeader > stream.Length)
            throw ArchiveFailure.ArchiveTruncated(path, name, offset);
        if (name.Length == 0)
            return kind == ArchiveMemberKind.Directory ? null : throw ArchiveFailure.ArchiveDamaged(path, null, offset, "the root is not a folder");
        var member = new ArchiveMember(name, kind, sparse?.Size ?? size, offset, _position, header.ModifiedAt) { Sparse = sparse?.Map };
        return content == TarContent.RootFs ? member : Remember(WithLink(member, LinkOf(header)));
    }

    private PaxRecords Pax => _extensions.Pax;

    private string NameOf(TarHeader header) => _extensions.Name ?? header.Name;

    private string? LinkOf(TarHeader header) => _extensions.LinkTarget ?? header.LinkName;

    // GNU tar skips the data of a folder, a link or a device, Go's archive/tar and Python read it as the next header. The slash of an old folder,
    // which has the type of a file, is in its header for Python and in its whole name for the others; for GNU tar, it makes a folder of any file.
    private string? FindAmbiguity(TarHeader header, string rawName, ArchiveMemberKind kind, long size)
    {
        var isFolder = kind == ArchiveMemberKind.Directory;
        if (kind != ArchiveMemberKind.File && size > 0)
            return $"it is a {(isFolder ? "folder" : kind == ArchiveMemberKind.Other ? "device" : "link")} with data";
        if (header.TypeFlag == '\0' && rawName.EndsWith('/') != header.HasNameOfFolder)
            return "its header describes a file, and its long name a folder";
        if (!isFolder && rawName.EndsWith('/'))
            return "it has the name of a folder, and the type of a file, link or device";
        if (Pax.IsSparse && (header.TypeFlag == 'S' || kind != ArchiveMemberKind.File || !header.IsPax))
            return "it has a sparse map in a PAX header, and is no file of that format";
        if (header.TypeFlag == 'S' && Pax.Size is not null)
            return "it has a sparse map in its header, and its size in a PAX header";
        if (content == TarContent.RootFs && kind == ArchiveMemberKind.HardLink && MemberName.Clean(LinkOf(header) ?? "", out _) is null or "")
            return $"it is a hard link to '{TerminalText.Excerpt(LinkOf(header) ?? "")}', which is no name";
        return content == TarContent.Checkpoint && rawName.Contains(Replacement, StringComparison.Ordinal) ? "its name is not UTF-8" : null;
    }

    private ArchiveMember Remember(ArchiveMember member)
    {
        _budget.DrawMemory(CostOf(member), "the list of members", member.Name, member.HeaderOffset);
        _drawn += CostOf(member);
        return _members.TryAdd(member.Name, member)
            ? member
            : throw ArchiveFailure.ArchiveDamaged(path, member.Name, member.HeaderOffset, "an earlier member has the same name");
    }

    // A hard link has the data of an earlier member. What a symbolic link leads to may come later; a target longer than a path leads nowhere.
    private ArchiveMember WithLink(ArchiveMember member, string? target)
    {
        if (member.Kind == ArchiveMemberKind.SymbolicLink)
            return Encoding.UTF8.GetByteCount(target ?? "") > ArchiveLimits.NameLength ? member : member with { SymbolicTarget = target };
        if (member.Kind != ArchiveMemberKind.HardLink)
            return member;
        var name = MemberName.Clean(target ?? "", out _);
        if (name?.Contains(Replacement, StringComparison.Ordinal) is false
            && _members.GetValueOrDefault(name) is { Kind: not ArchiveMemberKind.Directory } file)
        {
            return file.Kind == ArchiveMemberKind.File ? member.LinkTo(file) : member with { Kind = file.Kind, SymbolicTarget = file.SymbolicTarget };
        }

        return content == TarContent.Layer
            ? member
            : throw ArchiveFailure.ArchiveDamaged(
                path,
                member.Name,
                member.HeaderOffset,
                $"it is a hard link to '{TerminalText.Excerpt(target ?? "")}', and no file of that name comes before it");
    }

    private (SparseMap Map, long Size)? ReadSparse(TarHeader header, string name, long offset, ref long size)
    {
        if (header.TypeFlag == 'S' ? !header.IsGnu : !SparseReader.Versions.Contains(Pax.SparseVersion))
            throw ArchiveFailure.TarFormatNotSupported(path, name, offset, "it is a sparse file in a format of another program than GNU tar");
        var builder = new SparseMapBuilder(ArchiveLimits.SparseRangeCount - _sparseRanges);
        var reader = new SparseReader(builder, block => ReadSparseBlock(block, name, offset));
        var sparse = header.TypeFlag == 'S' ? reader.ReadHeader(_block, size) : reader.ReadPax(Pax, ref size);
        if (content != TarContent.RootFs)
        {
            _sparseRanges += builder.Count;
            _budget.DrawMemory(RangeCost * (long)builder.Count, "the map of a sparse file", name, offset);
            _drawn += RangeCost * (long)builder.Count;
        }
        return sparse ?? throw (builder.IsTooLong
            ? ArchiveFailure.TarFormatNotSupported(path, name, offset, builder.Problem!)
            : ArchiveFailure.ArchiveDamaged(path, name, offset, builder.Problem!));
    }

    private void ReadSparseBlock(byte[] block, string name, long offset)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Read(block) < block.Length)
            throw ArchiveFailure.ArchiveTruncated(path, name, offset);
    }

    private static ArchiveMemberKind? KindOf(TarHeader header, string rawName) => header.TypeFlag switch
    {
        '\0' when rawName.EndsWith('/') => ArchiveMemberKind.Directory,
        '0' or '\0' or 'S' => ArchiveMemberKind.File,
        '1' => ArchiveMemberKind.HardLink,
        '2' => ArchiveMemberKind.SymbolicLink,
        '3' or '4' or '6' => ArchiveMemberKind.Other,
        '5' => ArchiveMemberKind.Directory,
        _ => null,
    };

    private void AddExtension(char type, long size, long offset)
    {
        var data = ReadExtension(size, offset);
        if (_extensions.Add(type, data.AsSpan(0, (int)size), data.AsSpan((int)size), offset) is { } problem)
            throw ArchiveFailure.ArchiveDamaged(path, _extensions.Name, offset, problem);
    }

    // Go's archive/tar forgets the headers before a global one, and applies no global one to the members after it.
    private void CheckGlobal(long size, long offset)
    {
        var records = PaxRecords.Parse(ReadExtension(size, offset).AsSpan(0, (int)size), _encoding, out var problem);
        if (records.ChangesMembers)
            problem ??= "a global header describes members";
        if (_extensions.Offset is not null)
            problem ??= "a global header is between a member and its headers";
        if (problem is not null)
            throw ArchiveFailure.ArchiveDamaged(path, _extensions.Name, offset, problem);
    }

    // With the padding to whole blocks.
    private byte[] ReadExtension(long size, long offset)
    {
        if (size > ArchiveLimits.ExtendedHeaderSize)
            throw ArchiveFailure.ArchiveDamaged(path, null, offset, $"an extended header claims {size} bytes");
        var data = new byte[Padded(size)];
        _nextHeader = _position + data.Length;
        if (stream.CanSeek && _nextHeader > stream.Length || Read(data) != data.Length)
            throw ArchiveFailure.ArchiveTruncated(path, null, offset);
        return data;
    }

    private ArchiveMember? End()
    {
        if (_extensions.Offset is { } offset)
            throw ArchiveFailure.ArchiveDamaged(path, _extensions.Name, offset, "there is no member after this header of one");
        return MisplacedMember.Find(_members) is var (member, parent)
            ? throw ArchiveFailure.ArchiveDamaged(
                path, member.Name, member.HeaderOffset, $"it is in '{TerminalText.Excerpt(parent.Name)}', which is no folder")
            : null;
    }

    // Two zero blocks end an archive. A file without them is truncated: every engine writes them.
    private bool ReadBlock()
    {
        var offset = _position;
        ReadFullBlock(offset);
        if (!new TarHeader(_block).IsZero)
            return true;
        if (offset == 0 && content != TarContent.RootFs)
            throw ArchiveFailure.NotAnArchive(path, "it begins with zeros", FileKinds.Of(path));
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
            ? ArchiveFailure.NotAnArchive(path, count == 0 ? "it is empty" : "it is shorter than a tar header", FileKinds.Of(path))
            : ArchiveFailure.ArchiveTruncated(path, null, offset);
    }

    private KubeCheckpointException BadHeader(long offset) => offset == 0
        ? ArchiveFailure.NotAnArchive(path, "it does not begin with a tar header", FileKinds.Of(path))
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

    /// <summary>The size of data with the zeros that pad it to whole blocks.</summary>
    public static long Padded(long size) => (size + TarHeader.BlockSize - 1) & ~(TarHeader.BlockSize - 1L);

    private void MoveTo(long target)
    {
        if (stream.CanSeek)
            stream.Position = _position = target;
        else if (target != _position)
            throw new InvalidOperationException("The data has been passed.");
    }

    private sealed class MemberStream(TarScanner scanner, ArchiveMember current, ArchiveMember data) : ReadOnlyStream, IHoleStream
    {
        private long _offset;

        public override int Read(Span<byte> buffer)
        {
            if (!ReferenceEquals(scanner._current, current))
                throw new InvalidOperationException("The scanner has moved on.");
            var left = data.Size - _offset;
            var (stored, length) = data.Sparse?.Find(_offset) ?? (_offset, left);
            buffer = buffer[..(int)Math.Min(buffer.Length, Math.Min(left, length))];
            if (stored is { } position && !buffer.IsEmpty)
                ReadStored(buffer, data.DataOffset + position);
            else
                buffer.Clear();
            _offset += buffer.Length;
            return buffer.Length;
        }

        public long SkipHole()
        {
            if (data.Sparse?.Find(_offset) is not (null, var length))
                return 0;
            var skipped = Math.Min(length, data.Size - _offset);
            _offset += skipped;
            return skipped;
        }

        private void ReadStored(Span<byte> buffer, long position)
        {
            scanner.ThrowIfCancelled();
            scanner.MoveTo(position);
            if (scanner.Read(buffer) < buffer.Length)
                throw ArchiveFailure.ArchiveTruncated(scanner.PathOfArchive, data.Name, scanner._position);
        }
    }

    private string PathOfArchive => path;

    private void ThrowIfCancelled() => cancellationToken.ThrowIfCancellationRequested();
}
