using KubeCheckpoint.Archives;

namespace KubeCheckpoint.Images.Checks;

/// <summary>A member of an image that a runtime looks at.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Content">Its bytes, where it is JSON that a runtime reads.</param>
internal sealed record LayerMember(ArchiveMemberKind Kind, byte[]? Content);
