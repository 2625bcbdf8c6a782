namespace KubeCheckpoint.Archives.Contents;

/// <summary>A few bytes of a member.</summary>
/// <param name="Member">The member.</param>
/// <param name="Offset">Where they begin in its data.</param>
/// <param name="Length">How many they are.</param>
internal readonly record struct MemberRange(ArchiveMember Member, long Offset, int Length);
