namespace KubeCheckpoint.Archives.Contents;

/// <summary>A range of a member's data.</summary>
/// <param name="Member">The member.</param>
/// <param name="Offset">The offset in its data.</param>
/// <param name="Length">The length in bytes.</param>
internal readonly record struct MemberRange(ArchiveMember Member, long Offset, int Length);
