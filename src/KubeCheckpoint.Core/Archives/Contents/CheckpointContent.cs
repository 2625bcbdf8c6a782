using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Archives.Tar;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Memory;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Contents;

/// <summary>
/// The members of an open checkpoint archive, by name and at any offset. A plain tar and a folder are read in place. For a compressed archive,
/// small members are kept in memory on the first pass; ranges given to <see cref="Prefetch"/> take a second pass; only
/// random access, such as a search of memory, decompresses it into a temporary file.
/// </summary>
internal sealed class CheckpointContent : IDisposable
{
    private const string Incomplete = "Every dump of CRIU has it: this one did not end, or the archive is not complete. Take a new checkpoint.";

    // What is kept in memory of a compressed archive. All images except pages are far smaller, unless the archive is hostile.
    private const int KeptMember = 8 * 1024 * 1024;
    private const int KeptTotal = 32 * 1024 * 1024;
    private const int KeptRanges = 8192;

    // How many bytes of a linked file are one step of work.
    private const int BytesPerStep = 64;

    private readonly ArchiveFile _archive;
    private readonly CancellationToken _cancellation;
    private readonly Dictionary<string, ArchiveMember> _byName;
    private readonly Dictionary<string, byte[]> _kept = new(StringComparer.Ordinal);
    private readonly List<(MemberRange Range, byte[] Bytes)> _ranges = [];

    private CheckpointContent(ArchiveFile archive, CancellationToken cancellationToken)
    {
        _archive = archive;
        _cancellation = cancellationToken;
        Members = archive.Compression == ArchiveCompression.None ? archive.ReadIndex(cancellationToken) : Keep(archive, cancellationToken);
        _byName = Members.ToDictionary(member => member.Name, StringComparer.Ordinal);
        ImageFolder = ImageFolders.Of(Members);
    }

    /// <summary>The folder of the CRIU images, such as <c>checkpoint/</c>; empty where they are beside everything else.</summary>
    public string ImageFolder { get; }

    /// <summary>Whether there are CRIU images, but nothing of a container engine: neither config.dump nor spec.dump.</summary>
    public bool HasImagesOnly => ImageFolders.AreAlone(Members);

    /// <summary>Whether there is any CRIU image.</summary>
    public bool HasImages => Members.Any(member => ImageFolders.FolderOf(member) == ImageFolder);

    /// <summary>
    /// Whether it was written while the processes went on, for a checkpoint after it: only such an inventory has the field, and it has no
    /// process tree.
    /// </summary>
    public bool IsPreCheckpoint => HasImages && FindImage("pstree.img") is null
        && (ImageFolder == ImageFolders.PreCheckpoint || ReadInventory() is { HasPreDumpMode: true });

    /// <summary>The archive's path.</summary>
    public string Path => _archive.Path;

    /// <summary>All members, in the order of the archive.</summary>
    public IReadOnlyList<ArchiveMember> Members { get; }

    /// <summary>The archive itself.</summary>
    public ArchiveFile Archive => _archive;

    /// <summary>Opens an archive. All reading ends when the token is cancelled.</summary>
    /// <exception cref="KubeCheckpointException">Whatever opening and indexing an <see cref="ArchiveFile"/> throws.</exception>
    public static CheckpointContent Open(string path, CancellationToken cancellationToken) =>
        Open(ArchiveFile.Open(path), cancellationToken);

    /// <summary>Takes ownership of an archive.</summary>
    public static CheckpointContent Open(ArchiveFile archive, CancellationToken cancellationToken)
    {
        try
        {
            return new CheckpointContent(archive, cancellationToken);
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    /// <summary>The file of that name, or null.</summary>
    public ArchiveMember? Find(string name) =>
        _byName.GetValueOrDefault(name) is { Kind: ArchiveMemberKind.File } member ? member : null;

    /// <summary>The CRIU image of that name, such as <c>core-1.img</c>, or null.</summary>
    public ArchiveMember? FindImage(string name) => Find(MemberOf(name));

    /// <summary>The member that holds, or would hold, the CRIU image of that name.</summary>
    public string MemberOf(string image) => ImageFolder + image;

    /// <summary>The CRIU image of that name.</summary>
    /// <exception cref="KubeCheckpointException">Those of <see cref="WithoutImage"/>.</exception>
    public ArchiveMember RequireImage(string name) => FindImage(name) ?? throw WithoutImage(name);

    /// <summary>The failure for an image that every checkpoint of processes has: what the archive is without it.</summary>
    /// <returns>ImagesNotInArchive, PreCheckpointOnly, ArchiveInFolder or ArchiveMemberMissing.</returns>
    public KubeCheckpointException WithoutImage(string name) =>
        IsPreCheckpoint ? ArchiveFailure.PreCheckpointOnly(Path)
        : HasImages ? ArchiveFailure.ArchiveMemberMissing(Path, MemberOf(name), Incomplete)
        : Find("config.dump") is null && Find("spec.dump") is null ? _archive.MemberMissing(MemberOf(name))
        : ArchiveFailure.ImagesNotInArchive(Path);

    /// <summary>Starts reading a CRIU image that must be of a type.</summary>
    public CriuImageReader OpenImage(ArchiveMember member, CriuImageType type) =>
        CriuImageReader.Open(OpenMember(member), new CriuImageName(Path, member.Name), type, _archive.Budget, _cancellation);

    /// <summary>The data of a member, seekable.</summary>
    public Stream OpenMember(ArchiveMember member)
    {
        // Any number of links may lead to one file.
        if (member.LinkedTo is not null)
            _archive.Budget.DrawWork(1 + member.Size / BytesPerStep, "files that links lead to", member.Name);
        if (_kept.TryGetValue(member.Name, out var bytes))
            return new MemoryStream(bytes, writable: false);
        return new ByteSourceStream(_archive.Decompress(_cancellation).Locate(member), 0, member.Size);
    }

    /// <summary>The pages file of that number, or null where the archive has none.</summary>
    public IPagesFile? FindPages(uint pagesId) =>
        FindImage($"pages-{pagesId}.img") is { } member ? new MemberPages(this, member) : null;

    /// <summary>
    /// Announces ranges that will be read soon, so that a compressed archive is read only once more for all of them.
    /// Does nothing for others.
    /// </summary>
    public void Prefetch(IEnumerable<MemberRange> ranges)
    {
        if (_archive.IsSeekable)
            return;
        var wanted = new List<MemberRange>();
        var total = 0L;
        foreach (var range in ranges.Where(range => range.Length > 0 && !_kept.ContainsKey(range.Member.Name)))
        {
            wanted.Add(range);
            total += range.Length;
            if (total > KeptTotal || wanted.Count > KeptRanges)
                return;
        }
        if (wanted.Count == 0)
            return;
        _archive.Budget.DrawMemory(total, "the memory that is read");
        var byMember = wanted.ToLookup(range => range.Member.DataOffset);
        _archive.ScanAgain(
            (member, data) =>
            {
                if (byMember.Contains(member.DataOffset))
                    Fetch(data, byMember[member.DataOffset].OrderBy(range => range.Offset));
            },
            _cancellation);
    }

    /// <summary>Reads at an offset of a member; fewer bytes than asked for only at its end. Safe from several threads.</summary>
    public int ReadAt(ArchiveMember member, Span<byte> buffer, long offset)
    {
        _cancellation.ThrowIfCancellationRequested();
        var left = Math.Max(0, member.Size - offset);
        if (buffer.Length > left)
            buffer = buffer[..(int)left];
        if (buffer.IsEmpty || TryReadKept(member, buffer, offset))
            return buffer.Length;
        var source = _archive.Decompress(_cancellation).Locate(member);
        for (var read = 0; read < buffer.Length;)
        {
            var count = source.Read(buffer[read..], offset + read);
            if (count == 0)
                throw ArchiveFailure.ArchiveTruncated(Path, member.Name, member.DataOffset + offset + read);
            read += count;
        }
        return buffer.Length;
    }

    /// <summary>The first hole of a member that ends behind an offset; an empty one at its end where none is known. Safe from several threads.</summary>
    public (long Start, long End) FindHole(ArchiveMember member, long offset) => _kept.ContainsKey(member.Name)
        ? (member.Size, member.Size)
        : _archive.Decompress(_cancellation).Locate(member).FindHole(offset);

    /// <summary>Closes the archive and removes the temporary file.</summary>
    public void Dispose() => _archive.Dispose();

    private List<ArchiveMember> Keep(ArchiveFile archive, CancellationToken cancellationToken)
    {
        var members = new List<ArchiveMember>();
        var total = 0L;
        archive.Scan(
            (member, data) =>
            {
                members.Add(member);
                if (member.LinkedTo is { } file)
                {
                    if (_kept.TryGetValue(file, out var bytes))
                        _kept.Add(member.Name, bytes);
                    return;
                }
                if (member.Kind != ArchiveMemberKind.File || member.Size > KeptMember || total + member.Size > KeptTotal || IsPages(member.Name))
                    return;
                _kept.Add(member.Name, archive.ReadAll(member, data, KeptMember));
                total += member.Size;
            },
            cancellationToken);
        archive.Budget.DrawMemory(total + members.Sum(TarScanner.CostOf), "the list of members");
        return [.. members.OrderBy(member => member.HeaderOffset)];
    }

    private void Fetch(Stream data, IEnumerable<MemberRange> ranges)
    {
        var position = 0L;
        foreach (var range in ranges)
        {
            // Ranges that overlap an earlier one are read from the temporary file, if they are read at all.
            if (range.Offset < position || !Advance(data, range.Offset - position))
                continue;
            var bytes = new byte[range.Length];
            var count = data.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            position = range.Offset + count;
            _ranges.Add((range with { Length = count }, bytes));
        }
    }

    private bool Advance(Stream data, long count)
    {
        var scrap = new byte[64 * 1024];
        while (count > 0)
        {
            _cancellation.ThrowIfCancellationRequested();
            var read = data.Read(scrap.AsSpan(0, (int)Math.Min(scrap.Length, count)));
            if (read == 0)
                return false;
            count -= read;
        }
        return true;
    }

    private bool TryReadKept(ArchiveMember member, Span<byte> buffer, long offset)
    {
        if (_kept.TryGetValue(member.Name, out var whole))
        {
            whole.AsSpan((int)offset, buffer.Length).CopyTo(buffer);
            return true;
        }
        foreach (var (range, bytes) in _ranges)
        {
            if (range.Member.DataOffset != member.DataOffset || offset < range.Offset || offset + buffer.Length > range.Offset + range.Length)
                continue;
            bytes.AsSpan((int)(offset - range.Offset), buffer.Length).CopyTo(buffer);
            return true;
        }
        return false;
    }

    private InventoryEntry? ReadInventory()
    {
        try
        {
            return FindImage("inventory.img") is { } member ? OpenImage(member, CriuImageType.Inventory).ReadMessage<InventoryEntry>() : null;
        }
        catch (KubeCheckpointException failure) when (failure.ErrorId is nameof(CriuFailure.CriuImageDamaged) or nameof(CriuFailure.NotACriuImage))
        {
            return null;
        }
    }

    private static bool IsPages(string name) => name[(name.LastIndexOf('/') + 1)..].StartsWith("pages-", StringComparison.Ordinal);

    /// <summary>A <c>pages-*.img</c> in the archive.</summary>
    private sealed class MemberPages(CheckpointContent content, ArchiveMember member) : IPagesFile
    {
        public CriuImageName Name { get; } = new(content.Path, member.Name);

        public long Length => member.Size;

        public int Read(Span<byte> buffer, long offset) => content.ReadAt(member, buffer, offset);

        public (long Start, long End) FindHole(long offset) => content.FindHole(member, offset);
    }
}
