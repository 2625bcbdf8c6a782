using KubeCheckpoint.Criu;

namespace KubeCheckpoint.Archives.Contents;

/// <summary>Where in an archive the CRIU images are.</summary>
internal static class ImageFolders
{
    /// <summary>Where runtimes put them.</summary>
    public const string Default = "checkpoint/";

    /// <summary>Where Podman puts those of a pre-checkpoint.</summary>
    public const string PreCheckpoint = "pre-checkpoint/";

    // CRIU itself writes them into the folder it is given.
    private static readonly string[] All = [Default, "", PreCheckpoint];

    /// <summary>The folder that has images: with a slash at its end, or empty where they are beside everything else.</summary>
    /// <param name="members">The members of the archive.</param>
    public static string Of(IEnumerable<ArchiveMember> members) =>
        First(members.Select(FolderOf).OfType<string>().ToHashSet(StringComparer.Ordinal)) ?? Default;

    /// <summary>The one of some folders with images that counts, or null where there is none.</summary>
    public static string? First(IReadOnlyCollection<string> folders) => Array.Find(All, folders.Contains);

    /// <summary>Whether there are CRIU images, but nothing of a container engine: neither config.dump nor spec.dump.</summary>
    /// <param name="members">The members of the archive.</param>
    public static bool AreAlone(IReadOnlyCollection<ArchiveMember> members) =>
        members.Any(member => FolderOf(member) is not null) && !members.Any(member => member.Name is "config.dump" or "spec.dump");

    /// <summary>The folder of an image, if the member is one; else null.</summary>
    public static string? FolderOf(ArchiveMember member)
    {
        if (member.Kind != ArchiveMemberKind.File || !member.Name.EndsWith(CriuImageName.Ending, StringComparison.Ordinal))
            return null;
        var folder = member.Name[..(member.Name.LastIndexOf('/') + 1)];
        return All.Contains(folder) ? folder : null;
    }
}
