using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Archives.Tar;

namespace KubeCheckpoint.Archives.FileChanges;

/// <summary>
/// The member <c>rootfs-diff.tar</c>, read from front to end without unpacking anything. CRI-O and Podman write a plain tar of files
/// and folders as they are; containerd writes an OCI layer, which is compressed in spite of the member's name, marks with whiteouts what is
/// gone, and lists the folders around a change.
/// </summary>
internal sealed class RootFsDiff : IDisposable
{
    public const string MemberName = "rootfs-diff.tar";

    private readonly string _archivePath;
    private readonly ArchiveMember _member;
    private readonly ArchiveCompression _compression;
    private readonly TarScanner _scanner;
    private readonly Stream _tar;
    private readonly CancellationToken _cancellation;

    private RootFsDiff(string archivePath, ArchiveMember member, Stream data, CancellationToken cancellationToken)
    {
        _archivePath = archivePath;
        _member = member;
        _cancellation = cancellationToken;
        (_tar, var path) = OpenTar(archivePath, member, data, out _compression);
        _scanner = new TarScanner(_tar, path, cancellationToken, TarContent.RootFs);
    }

    /// <summary>The changes, in the order of the tar.</summary>
    /// <param name="archivePath">The archive.</param>
    /// <param name="member">The member.</param>
    /// <param name="data">Its data.</param>
    /// <param name="engine">The engine that wrote it, or null where it is not known yet: then its compression tells.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="KubeCheckpointException">ArchiveMemberInvalid, ArchiveTruncated, ArchiveDamaged.</exception>
    public static IEnumerable<CheckpointFileChange> Read(
        string archivePath, ArchiveMember member, Stream data, CheckpointEngine? engine, CancellationToken cancellationToken)
    {
        using var diff = new RootFsDiff(archivePath, member, data, cancellationToken);
        foreach (var change in diff.Read(engine))
            yield return change;
    }

    /// <summary>The files in the tar of an archive, by their headers alone; none where the archive has no such tar.</summary>
    /// <exception cref="KubeCheckpointException">ArchiveMemberInvalid, ArchiveTruncated, ArchiveDamaged.</exception>
    public static IEnumerable<ArchiveMember> ReadHeaders(CheckpointContent content, CancellationToken cancellationToken)
    {
        if (content.Find(MemberName) is not { } member)
            yield break;
        using var data = content.OpenMember(member);
        using var diff = new RootFsDiff(content.Path, member, data, cancellationToken);
        while (diff.Next() is { } file)
            yield return file;
    }

    /// <summary>Opens the tar of an archive for copying; null where the archive has none.</summary>
    public static RawTarReader? Open(CheckpointContent content, CancellationToken cancellationToken)
    {
        if (content.Find(MemberName) is not { } member)
            return null;
        var (tar, path) = OpenTar(content.Path, member, content.OpenMember(member), out _);
        return new RawTarReader(tar, path, cancellationToken);
    }

    public void Dispose()
    {
        if (_compression != ArchiveCompression.None)
            _tar.Dispose();
    }

    private IEnumerable<CheckpointFileChange> Read(CheckpointEngine? engine)
    {
        var isLayer = engine is null ? _compression != ArchiveCompression.None : engine == CheckpointEngine.Containerd;
        var newFolder = engine is CheckpointEngine.CriO or CheckpointEngine.Podman ? new NewFolder() : null;
        while (Next() is { } member)
        {
            var attributes = _scanner.ReadAttributes();
            if (isLayer && Whiteout.TryParse(member.Name, out var whiteout))
            {
                if (whiteout is not null)
                    yield return Gone(whiteout);
            }
            else
            {
                yield return Present(member, attributes, newFolder?.Holds(member) ?? false);
            }
        }
    }

    private static (Stream Tar, string Path) OpenTar(string archivePath, ArchiveMember member, Stream data, out ArchiveCompression compression)
    {
        var magic = new byte[CompressionFormat.MagicSize];
        magic = magic[..data.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false)];
        // The name used in messages: the files in it have offsets and names of their own.
        var path = $"{archivePath}/{member.Name}";
        compression = CompressionFormat.Detect(path, magic);
        if (compression == ArchiveCompression.None && data.CanSeek)
        {
            data.Position = 0;
            return (data, path);
        }
        var whole = new PrefixedStream(magic, data);
        return (compression == ArchiveCompression.None ? whole : new DecompressedStream(path, whole, compression), path);
    }

    private ArchiveMember? Next()
    {
        try
        {
            return _scanner.Next() ?? End();
        }
        catch (KubeCheckpointException failure) when (failure.ErrorId == nameof(ArchiveFailure.NotAnArchive))
        {
            throw ArchiveFailure.ArchiveMemberInvalid(_archivePath, _member, "it is not a tar, plain or compressed with gzip or zstd", failure);
        }
    }

    // After the end of the tar come the end and checksum of the compressed stream.
    private ArchiveMember? End()
    {
        Span<byte> scrap = stackalloc byte[4096];
        while (_compression != ArchiveCompression.None && _tar.Read(scrap) > 0)
            _cancellation.ThrowIfCancellationRequested();
        return null;
    }

    private CheckpointFileChange Gone(Whiteout whiteout) => new()
    {
        ArchivePath = _archivePath,
        Change = whiteout.IsOpaque ? FileChangeKind.Replaced : FileChangeKind.Deleted,
        Path = whiteout.Path,
        Type = whiteout.IsOpaque ? CheckpointFileType.Directory : null,
    };

    private CheckpointFileChange Present(ArchiveMember member, TarAttributes attributes, bool isNew)
    {
        var type = TypeOf(member, attributes);
        var extended = ExtendedAttributes.Describe(attributes.Extended);
        return new()
        {
            ArchivePath = _archivePath,
            Change = isNew ? FileChangeKind.Added : FileChangeKind.Written,
            Path = "/" + member.Name,
            Type = type,
            Size = type == CheckpointFileType.File ? member.Size : null,
            Mode = attributes.Mode,
            UserId = attributes.UserId,
            GroupId = attributes.GroupId,
            UserName = attributes.UserName,
            GroupName = attributes.GroupName,
            ModifiedAt = attributes.ModifiedAt,
            Capability = ExtendedAttributes.CapabilityOf(extended),
            ExtendedAttributes = extended,
            LinkTarget = type switch
            {
                CheckpointFileType.SymbolicLink => attributes.LinkTarget,
                CheckpointFileType.HardLink when attributes.LinkTarget is { } target => "/" + (Tar.MemberName.Clean(target.TrimStart('/'), out _) ?? target),
                _ => null,
            },
        };
    }

    private static CheckpointFileType TypeOf(ArchiveMember member, TarAttributes attributes) => (member.Kind, attributes.TypeFlag) switch
    {
        (ArchiveMemberKind.File, _) => CheckpointFileType.File,
        (ArchiveMemberKind.Directory, _) => CheckpointFileType.Directory,
        (ArchiveMemberKind.SymbolicLink, _) => CheckpointFileType.SymbolicLink,
        (ArchiveMemberKind.HardLink, _) => CheckpointFileType.HardLink,
        (_, '3') => CheckpointFileType.CharacterDevice,
        (_, '4') => CheckpointFileType.BlockDevice,
        _ => CheckpointFileType.Fifo,
    };

    /// <summary>
    /// Recognizes what is certainly new in a tar of CRI-O or Podman. Their common code (podman's pkg/checkpoint/crutils,
    /// CRCreateRootFsDiffTar) takes what was added, folders with everything in them, and of what was changed files only: a folder in the
    /// tar was not in the image.
    /// </summary>
    private sealed class NewFolder
    {
        private string? _prefix;

        /// <summary>True for a folder, and for every later member inside it.</summary>
        public bool Holds(ArchiveMember member)
        {
            if (_prefix is not null && member.Name.StartsWith(_prefix, StringComparison.Ordinal))
                return true;
            if (member.Kind != ArchiveMemberKind.Directory)
                return false;
            _prefix = member.Name + "/";
            return true;
        }
    }

    /// <summary>Bytes that were read to detect the compression, then the rest of the stream they came from. It does not own the stream.</summary>
    private sealed class PrefixedStream(ReadOnlyMemory<byte> prefix, Stream rest) : ReadOnlyStream
    {
        private ReadOnlyMemory<byte> _prefix = prefix;

        public override int Read(Span<byte> buffer)
        {
            if (_prefix.IsEmpty)
                return rest.Read(buffer);
            var count = Math.Min(buffer.Length, _prefix.Length);
            _prefix.Span[..count].CopyTo(buffer);
            _prefix = _prefix[count..];
            return count;
        }
    }
}
