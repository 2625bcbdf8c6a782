namespace KubeCheckpoint.Images;

/// <summary>A mount that the pod's container must have, or the restore fails.</summary>
/// <param name="Path">Its <c>mountPath</c>.</param>
/// <param name="Kind">What it is.</param>
public sealed record RequiredMount(string Path, RequiredMountKind Kind);
