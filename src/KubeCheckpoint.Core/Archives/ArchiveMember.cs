namespace KubeCheckpoint.Archives;

/// <summary>One member of an archive, as its header describes it.</summary>
/// <param name="Name">The name without a leading <c>./</c> or a trailing slash: <c>config.dump</c>, <c>checkpoint/core-1.img</c>.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Size">How many bytes of data it has; 0 for everything but files.</param>
/// <param name="HeaderOffset">Where its (last) header begins, in bytes of the tar after decompression.</param>
/// <param name="DataOffset">Where its data begins, in bytes of the tar after decompression.</param>
/// <param name="ModifiedAt">The time in the header, in whole seconds, or null where the field holds no time.</param>
public sealed record ArchiveMember(
    string Name,
    ArchiveMemberKind Kind,
    long Size,
    long HeaderOffset,
    long DataOffset,
    DateTimeOffset? ModifiedAt);
