namespace KubeCheckpoint.Criu;

/// <summary>Failures of reading and writing CRIU images.</summary>
public static class CriuFailure
{
    private const string FetchAgain = "Fetch the archive again from its node and compare size and sha256, or take a new checkpoint.";

    /// <summary>The bytes are not a CRIU image, or its type is unknown.</summary>
    /// <param name="path">The file.</param>
    /// <param name="member">The member of the archive, or null where the file is the image.</param>
    /// <param name="reason">The reason.</param>
    public static KubeCheckpointException NotACriuImage(string path, string? member, string reason) =>
        new(nameof(NotACriuImage), FailureCategory.InvalidData, path, $"{Name(path, member)} is not a CRIU image: {reason}.",
            "Give an image that CRIU wrote, such as core-1.img. pages-*.img hold raw memory: use Export-CheckpointMemory or Search-CheckpointMemory.");

    /// <summary>An image violates its format.</summary>
    /// <param name="path">The file.</param>
    /// <param name="member">The member of the archive, or null where the file is the image.</param>
    /// <param name="offset">The offset in the image, in bytes.</param>
    /// <param name="reason">The rule that is broken.</param>
    /// <param name="inner">The error of the parser.</param>
    public static KubeCheckpointException CriuImageDamaged(
        string path, string? member, long offset, string reason, Exception? inner = null) =>
        new(nameof(CriuImageDamaged), FailureCategory.InvalidData, path,
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Name(path, member)} is damaged at offset {offset}: {reason}."),
            FetchAgain, inner);

    /// <summary>The requested memory is not in the archive, or is stored in an unknown format.</summary>
    /// <param name="path">The file.</param>
    /// <param name="member">The member of the archive.</param>
    /// <param name="reason">What kind of pages they are.</param>
    public static KubeCheckpointException PagesNotInArchive(string path, string? member, string reason) =>
        new(nameof(PagesNotInArchive), FailureCategory.ObjectNotFound, path, $"{Name(path, member)}: {reason}.",
            "Pages of a parent checkpoint are in that checkpoint's archive; lazy pages are still on the source node.");

    /// <summary>The payload of an image exceeds the limit for conversion.</summary>
    /// <param name="path">The file.</param>
    /// <param name="member">The member of the archive, or null where the file is the image.</param>
    /// <param name="offset">The offset in the image, in bytes.</param>
    /// <param name="limit">The limit in bytes.</param>
    public static KubeCheckpointException CriuPayloadTooLarge(string path, string? member, long offset, int limit) =>
        new(nameof(CriuPayloadTooLarge), FailureCategory.InvalidData, path,
            string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"{Name(path, member)} has more than {limit} bytes of payload at offset {offset}, which is the limit for conversion."),
            "Extract the image with Expand-CheckpointArchive and cut the bytes out of it; they are stored unchanged.");

    /// <summary>No image type has this name.</summary>
    /// <param name="type">The name.</param>
    public static KubeCheckpointException CriuTypeUnknown(string type) =>
        new(nameof(CriuTypeUnknown), FailureCategory.InvalidArgument, type, $"CRIU has no image type '{type}'.",
            "Give the name that ConvertFrom-CriuImage and crit print, such as CORE, MM, PAGEMAP or FILES.");

    /// <summary>An object cannot be converted to an image: a field does not belong to the type, or its value does not fit.</summary>
    /// <param name="type">The type of image.</param>
    /// <param name="field">The entry and the field, such as <c>Entries[3].vmas[2].start</c>.</param>
    /// <param name="reason">The reason.</param>
    /// <param name="inner">The error of the encoder.</param>
    public static KubeCheckpointException CriuEntryInvalid(string type, string field, string reason, Exception? inner = null) =>
        new(nameof(CriuEntryInvalid), FailureCategory.InvalidArgument, field, $"Cannot create the {type} image: {field}: {reason}.",
            "Correct the field. ConvertFrom-CriuImage shows what an image of this type looks like. Nothing was written.", inner);

    internal static KubeCheckpointException CriuPayloadTooLarge(CriuImageName image, long offset, int limit) =>
        CriuPayloadTooLarge(image.Path, image.Member, offset, limit);

    internal static KubeCheckpointException CriuImageDamaged(CriuImageName image, long offset, string reason, Exception? inner = null) =>
        CriuImageDamaged(image.Path, image.Member, offset, reason, inner);

    internal static KubeCheckpointException NotACriuImage(CriuImageName image, string reason) =>
        NotACriuImage(image.Path, image.Member, reason);

    private static string Name(string path, string? member) => member is null ? $"'{path}'" : $"Member '{member}' of '{path}'";
}
