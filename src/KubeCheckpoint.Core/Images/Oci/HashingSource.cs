using System.Security.Cryptography;
using KubeCheckpoint.Archives;

namespace KubeCheckpoint.Images.Oci;

/// <summary>Bytes that are hashed as they are read for the first time, from front to end; what is read once more is not hashed again.</summary>
internal sealed class HashingSource(IByteSource source, string digest) : IByteSource
{
    private readonly IncrementalHash _hash = BlobCheck.HashFor(digest);
    private long _hashed;

    public string Path => source.Path;

    public long Length => source.Length;

    /// <summary>The digest the bytes should have.</summary>
    public Digest Expected => Digest.TryParse(digest, out var expected) ? expected : throw new InvalidOperationException($"'{digest}' is no digest.");

    public int Read(Span<byte> buffer, long offset)
    {
        var count = source.Read(buffer, offset);
        if (offset <= _hashed && offset + count > _hashed)
        {
            _hash.AppendData(buffer[(int)(_hashed - offset)..count]);
            _hashed = offset + count;
        }
        return count;
    }

    /// <exception cref="KubeCheckpointException">DigestMismatch: all of it was read, and it was something else.</exception>
    public void ThrowIfOther()
    {
        if (_hashed == Length && BlobCheck.DigestOf(_hash) is var actual && actual != digest)
            throw ImageFailure.DigestMismatch(Path, digest, actual);
    }

    public void Dispose() => _hash.Dispose();
}
