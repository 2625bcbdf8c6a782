namespace KubeCheckpoint.Sandbox.State;

/// <summary>The memory of an emulated program in a checkpoint.</summary>
/// <param name="Acknowledged">The number of its last write.</param>
/// <param name="File">The path of the file it has open; empty for none.</param>
/// <param name="FileLength">The length of the file.</param>
internal sealed record WriterCheckpoint(long Acknowledged, string File, long FileLength);
