using System.Text;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Archives.Tar;

namespace KubeCheckpoint.Archives.Volumes;

/// <summary>What the headers of a volume's tar say. The data of files is not read.</summary>
/// <param name="Entries">How many files, folders, links and devices it has, without the volume's own folder.</param>
/// <param name="ContentSize">The bytes of files that are stored.</param>
/// <param name="RequiresGnuTar">Whether it has what only GNU tar restores.</param>
/// <param name="Sizes">The sizes of the files that were looked for; null for what is not a file, and for a link.</param>
internal sealed record VolumeTar(long Entries, long ContentSize, bool RequiresGnuTar, IReadOnlyDictionary<string, long?> Sizes)
{
    /// <summary>Longer names are in PAX records, where busybox does not look for them.</summary>
    private const int LongestPlainName = 99;

    /// <summary>The largest size and owner in the fields of ustar.</summary>
    private const long LargestPlainSize = 0x1_ffff_ffff;

    private const long LargestPlainOwner = 0x1f_ffff;

    /// <summary>Reads a tar to its end.</summary>
    /// <param name="path">The tar.</param>
    /// <param name="wanted">The names of files whose sizes are wanted, relative to the volume.</param>
    /// <param name="isPosix">Whether GNU tar wrote it, which puts what does not fit into a header into PAX records.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="KubeCheckpointException">ArchiveNotFound, ArchiveNotReadable, NotAnArchive, ArchiveTruncated or ArchiveDamaged.</exception>
    public static VolumeTar Read(string path, IReadOnlySet<string> wanted, bool isPosix, CancellationToken cancellationToken)
    {
        using var file = FileByteSource.Open(path);
        using var stream = new ByteSourceStream(file, 0, file.Length);
        return Read(stream, path, wanted, isPosix, cancellationToken);
    }

    /// <summary>Reads a tar from a stream.</summary>
    /// <inheritdoc cref="Read(string, IReadOnlySet{string}, bool, CancellationToken)"/>
    public static VolumeTar Read(Stream stream, string path, IReadOnlySet<string> wanted, bool isPosix, CancellationToken cancellationToken)
    {
        var scanner = new TarScanner(stream, path, cancellationToken, TarContent.RootFs);
        var sizes = new Dictionary<string, long?>(StringComparer.Ordinal);
        long entries = 0, content = 0;
        var requiresGnuTar = false;
        while (scanner.Next() is { } member)
        {
            entries++;
            content += member.Kind == ArchiveMemberKind.File ? member.StoredSize : 0;
            var attributes = scanner.ReadAttributes();
            requiresGnuTar |= member.Sparse is not null || attributes.Extended.Count > 0 || (isPosix && IsExtended(member, attributes));
            if (wanted.Contains(member.Name))
                sizes[member.Name] = member.Kind == ArchiveMemberKind.File ? member.Size : null;
        }

        return new(entries, content, requiresGnuTar, sizes);
    }

    private static bool IsExtended(ArchiveMember member, TarAttributes attributes) =>
        Encoding.UTF8.GetByteCount(member.Name) > LongestPlainName - "./".Length - "/".Length
        || Encoding.UTF8.GetByteCount(attributes.LinkTarget ?? "") > LongestPlainName
        || member.Size > LargestPlainSize
        || attributes.UserId > LargestPlainOwner
        || attributes.GroupId > LargestPlainOwner;
}
