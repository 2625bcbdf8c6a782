namespace KubeCheckpoint.Criu;

/// <summary>The failures of reading CRIU images.</summary>
public static class CriuFailure
{
    private const string FetchAgain = "Fetch the archive again from its node and compare size and sha256, or take a new checkpoint.";

    /// <summary>The bytes are no image of CRIU's, or of a type that is not known.</summary>
    /// <param name="path">The file.</param>
    /// <param name="member">The member of the archive, or null where the file is the image.</param>
    /// <param name="reason">Why not.</param>
    public static KubeCheckpointException NotACriuImage(string path, string? member, string reason) =>
        new(nameof(NotACriuImage), FailureCategory.InvalidData, path, $"{Name(path, member)} is no CRIU image: {reason}.",
            "Give an image as CRIU writes it, such as core-1.img. pages-*.img hold raw memory: use Export-CheckpointMemory or Search-CheckpointMemory.");

    /// <summary>An image breaks the rules of its format.</summary>
    /// <param name="path">The file.</param>
    /// <param name="member">The member of the archive, or null where the file is the image.</param>
    /// <param name="offset">The offset in the image, in bytes.</param>
    /// <param name="reason">Which rule.</param>
    /// <param name="inner">What the parser said.</param>
    public static KubeCheckpointException CriuImageDamaged(
        string path, string? member, long offset, string reason, Exception? inner = null) =>
        new(nameof(CriuImageDamaged), FailureCategory.InvalidData, path,
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Name(path, member)} is damaged at offset {offset}: {reason}."),
            FetchAgain, inner);

    /// <summary>Memory that was asked for is not in the archive, or stored in a way that is not understood.</summary>
    /// <param name="path">The file.</param>
    /// <param name="member">The member of the archive.</param>
    /// <param name="reason">What kind of pages they are.</param>
    public static KubeCheckpointException PagesNotInArchive(string path, string? member, string reason) =>
        new(nameof(PagesNotInArchive), FailureCategory.ObjectNotFound, path, $"{Name(path, member)}: {reason}.",
            "Pages of a parent checkpoint are in that checkpoint's archive, lazy ones on the node the process came from.");

    /// <summary>What follows the entries of an image is more than is held in memory.</summary>
    /// <param name="path">The file.</param>
    /// <param name="member">The member of the archive, or null where the file is the image.</param>
    /// <param name="offset">The offset in the image, in bytes.</param>
    /// <param name="limit">The most bytes that are held.</param>
    public static KubeCheckpointException CriuPayloadTooLarge(string path, string? member, long offset, int limit) =>
        new(nameof(CriuPayloadTooLarge), FailureCategory.InvalidData, path,
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Name(path, member)} has more than {limit} bytes of payload at offset {offset}; that much is not converted."),
            "Take the image out with Expand-CheckpointArchive and cut the bytes out of it: they stand there as they are.");

    /// <summary>There is no type of image of that name.</summary>
    /// <param name="type">The name.</param>
    public static KubeCheckpointException CriuTypeUnknown(string type) =>
        new(nameof(CriuTypeUnknown), FailureCategory.InvalidArgument, type, $"CRIU has no type of image '{type}'.",
            "Give the name that ConvertFrom-CriuImage and crit print, such as CORE, MM, PAGEMAP or FILES.");

    /// <summary>An image cannot be made of an object: a field is not one of the type's, or its value does not fit.</summary>
    /// <param name="type">The type of image.</param>
    /// <param name="field">The entry and the field, such as <c>Entries[3].vmas[2].start</c>.</param>
    /// <param name="reason">Why not.</param>
    /// <param name="inner">What the encoder said.</param>
    public static KubeCheckpointException CriuEntryInvalid(string type, string field, string reason, Exception? inner = null) =>
        new(nameof(CriuEntryInvalid), FailureCategory.InvalidArgument, field, $"No {type} image can be made: {field}: {reason}.",
            "Correct the field. ConvertFrom-CriuImage shows how an image of this type looks; nothing was written.", inner);

    internal static KubeCheckpointException CriuPayloadTooLarge(CriuImageName image, long offset, int limit) =>
        CriuPayloadTooLarge(image.Path, image.Member, offset, limit);

    internal static KubeCheckpointException CriuImageDamaged(CriuImageName image, long offset, string reason, Exception? inner = null) =>
        CriuImageDamaged(image.Path, image.Member, offset, reason, inner);

    internal static KubeCheckpointException NotACriuImage(CriuImageName image, string reason) =>
        NotACriuImage(image.Path, image.Member, reason);

    private static string Name(string path, string? member) => member is null ? $"'{path}'" : $"Member '{member}' of '{path}'";
}
