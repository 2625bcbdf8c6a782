using System.Security.Cryptography;
using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Images.Oci;

/// <summary>Hashes bytes while they are read for the first time, from beginning to end. Bytes that are read again are not hashed again.</summary>
internal sealed class HashingSource(IByteSource source, Digest expected) : IByteSource
{
    private readonly IncrementalHash _hash = expected.CreateHash();
    private long _hashed;

    public string Path => source.Path;

    public long Length => source.Length;

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

    /// <exception cref="KubeCheckpointException">DigestMismatch: all bytes were read and have another digest.</exception>
    public void ThrowIfOther()
    {
        if (_hashed == Length)
            BlobCheck.Compare(Path, expected, Digest.Of(_hash));
    }

    public void Dispose() => _hash.Dispose();
}
