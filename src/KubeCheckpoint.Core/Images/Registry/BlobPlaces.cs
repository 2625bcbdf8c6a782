using System.Collections.Concurrent;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Registry;

/// <summary>The repositories in which this process has seen a blob: from there it can be mounted instead of sent.</summary>
internal static class BlobPlaces
{
    private const int Limit = 10_000;
    private const int MostPlaces = 4;

    private static readonly ConcurrentDictionary<(string Registry, Digest Digest), string[]> Known = new();

    /// <summary>Remembers that a repository has a blob.</summary>
    public static void Remember(ImageReference repository, Digest digest)
    {
        if (Known.Count >= Limit)
            Known.Clear();
        Known.AddOrUpdate(
            (repository.Registry, digest),
            _ => [repository.Repository],
            (_, places) => [.. places.Prepend(repository.Repository).Distinct().Take(MostPlaces)]);
    }

    /// <summary>Forgets a repository that does not have the blob.</summary>
    public static void Forget(string registry, string repository, Digest digest)
    {
        if (Known.TryGetValue((registry, digest), out var places))
            Known.TryUpdate((registry, digest), [.. places.Where(place => place != repository)], places);
    }

    /// <summary>Other repositories of the same registry that have the blob.</summary>
    public static IEnumerable<string> Others(ImageReference repository, Digest digest) =>
        Known.GetValueOrDefault((repository.Registry, digest), []).Where(place => place != repository.Repository);
}
