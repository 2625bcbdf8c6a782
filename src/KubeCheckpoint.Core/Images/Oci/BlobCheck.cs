using System.Security.Cryptography;
using KubeCheckpoint.Archives;

namespace KubeCheckpoint.Images.Oci;

/// <summary>Holds bytes against the digest they must have.</summary>
internal static class BlobCheck
{
    /// <summary>The hash a digest asks for: sha256 or sha512.</summary>
    public static IncrementalHash HashFor(string digest) =>
        IncrementalHash.CreateHash(digest.StartsWith("sha512:", StringComparison.Ordinal) ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256);

    /// <summary>The digest of what was hashed by the hash of <see cref="HashFor"/>, in words.</summary>
    public static string DigestOf(IncrementalHash hash) =>
        $"{(hash.AlgorithmName == HashAlgorithmName.SHA512 ? "sha512" : "sha256")}:{Convert.ToHexStringLower(hash.GetCurrentHash())}";

    /// <exception cref="KubeCheckpointException">DigestMismatch.</exception>
    public static void Check(string place, string digest, ReadOnlySpan<byte> content)
    {
        using var hash = HashFor(digest);
        hash.AppendData(content);
        if (DigestOf(hash) is var actual && actual != digest)
            throw ImageFailure.DigestMismatch(place, digest, actual);
    }

    /// <summary>Reads a blob from its front to its end.</summary>
    /// <exception cref="KubeCheckpointException">DigestMismatch.</exception>
    public static Digest Check(IByteSource source, string digest, CancellationToken cancellationToken)
    {
        using var hash = HashFor(digest);
        using var stream = new ByteSourceStream(source, 0, source.Length);
        stream.ReadToEnd(bytes =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(bytes);
        });
        var actual = DigestOf(hash);
        return actual == digest && Digest.TryParse(actual, out var result) ? result : throw ImageFailure.DigestMismatch(source.Path, digest, actual);
    }
}
