namespace KubeCheckpoint.Archives;

/// <summary>One member of an archive, as its header describes it.</summary>
/// <param name="Name">The name without a leading <c>/</c> or <c>./</c> or a trailing slash: <c>config.dump</c>, <c>checkpoint/core-1.img</c>.</param>
/// <param name="Kind">What it is. A link to a file of the archive is a file with the data of that file.</param>
/// <param name="Size">How many bytes of data it has, holes included; 0 for everything but files.</param>
/// <param name="HeaderOffset">Where its (last) header begins, in bytes of the tar after decompression.</param>
/// <param name="DataOffset">Where its data begins, in bytes of the tar after decompression; for a link, that of the file it leads to.</param>
/// <param name="ModifiedAt">The time in the header, in whole seconds, or null where the field holds no time.</param>
public sealed record ArchiveMember(
    string Name,
    ArchiveMemberKind Kind,
    long Size,
    long HeaderOffset,
    long DataOffset,
    DateTimeOffset? ModifiedAt)
{
    /// <summary>The name of the member that has the data, for a link to a file; null for everything else.</summary>
    public string? LinkedTo { get; init; }

    /// <summary>The target in the header of a symbolic link, or null.</summary>
    internal string? SymbolicTarget { get; init; }

    /// <summary>What is stored of a sparse file; null where everything is.</summary>
    internal SparseMap? Sparse { get; init; }

    /// <summary>This member as a link to a file: with its data.</summary>
    internal ArchiveMember LinkTo(ArchiveMember file) => this with
    {
        Kind = ArchiveMemberKind.File,
        Size = file.Size,
        DataOffset = file.DataOffset,
        Sparse = file.Sparse,
        LinkedTo = file.LinkedTo ?? file.Name,
        SymbolicTarget = null,
    };

    /// <summary>How many bytes follow the header.</summary>
    internal long StoredSize => LinkedTo is not null ? 0 : Sparse?.StoredSize ?? Size;
}
