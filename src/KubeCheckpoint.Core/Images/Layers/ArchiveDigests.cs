using System.Collections.Concurrent;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Layers;

/// <summary>
/// The digests of archives that this process has hashed, so that a registry can be asked for a blob before its bytes are read again.
/// They no longer apply to a file that has changed.
/// </summary>
internal static class ArchiveDigests
{
    private const int Limit = 10_000;

    private static readonly ConcurrentDictionary<string, Entry> Known = new(StringComparer.Ordinal);

    /// <summary>Remembers a plain tar by the sha256 of its file.</summary>
    /// <param name="path">The full path.</param>
    /// <param name="sha256">64 lower-case hexadecimal digits.</param>
    public static void Remember(string path, string sha256)
    {
        if (Digest.TryParse($"sha256:{sha256}", out var digest))
            Remember(path, ArchiveStamp.Of(path), digest, digest);
    }

    /// <summary>Remembers an archive.</summary>
    /// <param name="path">The full path.</param>
    /// <param name="stamp">The state of the file before it was hashed.</param>
    /// <param name="digest">The digest of the file.</param>
    /// <param name="diffId">The digest of its tar.</param>
    public static void Remember(string path, ArchiveStamp stamp, Digest digest, Digest diffId)
    {
        if (Known.Count >= Limit)
            Known.Clear();
        Known[path] = new Entry(stamp, digest, diffId);
    }

    /// <summary>The digests of file and tar, or null where the file is not known or has changed.</summary>
    public static (Digest Digest, Digest DiffId)? Find(string path, ArchiveStamp stamp) =>
        Known.TryGetValue(path, out var entry) && entry.Stamp == stamp ? (entry.Digest, entry.DiffId) : null;

    private sealed record Entry(ArchiveStamp Stamp, Digest Digest, Digest DiffId);
}
