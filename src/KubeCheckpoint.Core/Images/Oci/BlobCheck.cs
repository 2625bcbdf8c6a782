using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Images.Oci;

/// <summary>Verifies content against its digest.</summary>
internal static class BlobCheck
{
    /// <exception cref="KubeCheckpointException">DigestMismatch.</exception>
    public static void Compare(string place, Digest expected, Digest actual)
    {
        if (actual != expected)
            throw ImageFailure.DigestMismatch(place, expected.ToString(), actual.ToString());
    }

    /// <summary>Compares sizes, before anything is read.</summary>
    /// <exception cref="KubeCheckpointException">DigestMismatch.</exception>
    public static void CompareSize(string place, OciDescriptor expected, long actual)
    {
        if (actual != expected.Size)
            throw ImageFailure.DigestMismatch(place, $"{expected.Digest} of {expected.Size} bytes", $"{actual} bytes");
    }

    /// <exception cref="KubeCheckpointException">DigestMismatch.</exception>
    public static void Verify(string place, Digest expected, ReadOnlySpan<byte> content)
    {
        using var hash = expected.CreateHash();
        hash.AppendData(content);
        Compare(place, expected, Digest.Of(hash));
    }

    /// <summary>Reads a blob from beginning to end.</summary>
    /// <exception cref="KubeCheckpointException">DigestMismatch.</exception>
    public static void Verify(IByteSource source, Digest expected, CancellationToken cancellationToken)
    {
        using var hash = expected.CreateHash();
        using var stream = new ByteSourceStream(source, 0, source.Length);
        stream.ReadToEnd(bytes =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(bytes);
        });
        Compare(source.Path, expected, Digest.Of(hash));
    }
}
