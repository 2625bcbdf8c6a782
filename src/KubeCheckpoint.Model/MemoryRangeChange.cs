namespace KubeCheckpoint;

/// <summary>Adjacent pages that changed in the same way.</summary>
/// <param name="Start">The address of the first byte in the second checkpoint; for removed pages, in the first.</param>
/// <param name="Length">How many bytes they are.</param>
/// <param name="Change">How they changed.</param>
public readonly record struct MemoryRangeChange(ulong Start, long Length, CheckpointChange Change);
