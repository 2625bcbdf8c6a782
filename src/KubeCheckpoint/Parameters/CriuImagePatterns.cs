using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Parameters;

/// <summary>The images in an archive that -Member names, by their whole name or its last part.</summary>
/// <param name="members">The names, or null for all images.</param>
/// <param name="folder">The folder of the images in the archive.</param>
internal sealed class CriuImagePatterns(string[]? members, string folder) : WildcardNames(members ?? [folder + "*.img"], normalize: MemberPatterns.WithoutDot)
{
    /// <summary>Whether a file is called as the images are that have entries.</summary>
    public static bool CanBeImage(string name) => name.EndsWith(".img", StringComparison.OrdinalIgnoreCase) && !CriuImageFiles.IsRaw(name);

    // A wildcard passes over what cannot be an image; what is named is read whatever it is.
    private protected override bool IsMatch(Name name, string candidate) =>
        (!name.HasWildcards || CanBeImage(candidate)) && (name.IsMatch(candidate) || name.IsMatch(candidate[(candidate.LastIndexOf('/') + 1)..]));
}
