namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>The result of a review of an <see cref="AccessQuestion"/>.</summary>
/// <param name="IsAllowed">Whether the access is allowed; null if the API server did not decide.</param>
/// <param name="Reason">Why it did not decide, or why the access is denied; or null.</param>
internal sealed record AccessReview(bool? IsAllowed, string? Reason = null);
