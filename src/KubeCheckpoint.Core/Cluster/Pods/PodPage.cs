namespace KubeCheckpoint.Cluster.Pods;

/// <summary>A part of a list of pods.</summary>
/// <param name="Pods">The pods of this part.</param>
/// <param name="Continue">The token that asks for the next part, or null at the end.</param>
/// <param name="StartsOver">True where the list had expired and <paramref name="Continue"/> null means: from the beginning again.</param>
internal sealed record PodPage(IReadOnlyList<Pod> Pods, string? Continue, bool StartsOver = false);
