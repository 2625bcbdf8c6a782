namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>The answer to an <see cref="AccessQuestion"/>.</summary>
/// <param name="IsAllowed">Null where nobody would say.</param>
/// <param name="Reason">Why nobody would.</param>
internal sealed record AccessReview(bool? IsAllowed, string? Reason = null);
