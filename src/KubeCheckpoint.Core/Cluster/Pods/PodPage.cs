namespace KubeCheckpoint.Cluster.Pods;

/// <summary>A page of a list of pods.</summary>
/// <param name="Pods">The pods of this page.</param>
/// <param name="Continue">The token for the next page, or null at the end.</param>
/// <param name="StartsOver">True if the list has expired: without a token, it starts again from the beginning.</param>
internal sealed record PodPage(IReadOnlyList<Pod> Pods, string? Continue, bool StartsOver = false);
