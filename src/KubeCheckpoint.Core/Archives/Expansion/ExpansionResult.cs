namespace KubeCheckpoint.Archives.Expansion;

/// <summary>The result for one member: a file, or the reason why it was not written.</summary>
/// <param name="File">The file, or null.</param>
/// <param name="Failure">Why the member was not written, or null. The members after it are still tried.</param>
public sealed record ExpansionResult(ExpandedFile? File, KubeCheckpointException? Failure);
