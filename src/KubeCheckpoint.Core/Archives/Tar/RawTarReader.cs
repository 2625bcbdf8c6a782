using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Archives.Tar;

/// <summary>
/// Reads a tar from front to end and copies members unchanged: with all their headers, and so with all attributes
/// that any tar program gave them.
/// </summary>
internal sealed class RawTarReader : IDisposable
{
    // A PAX header, a long name and a long link at their maximum size, and some more.
    private const int LargestHeaders = 4 * ArchiveLimits.ExtendedHeaderSize;
    private const int CopyBuffer = 64 * 1024;

    private readonly Stream _tar;
    private readonly Tap _tap;
    private readonly TarScanner _scanner;
    private readonly CancellationToken _cancellation;
    private readonly byte[] _buffer = new byte[CopyBuffer];
    private ArchiveMember? _current;

    // The padding of the previous member is read with the headers of this one.
    private int _padding;

    /// <param name="tar">The tar; the reader owns it.</param>
    /// <param name="path">The name used in messages.</param>
    /// <param name="cancellationToken">Cancels the reading; checked between headers and buffers.</param>
    public RawTarReader(Stream tar, string path, CancellationToken cancellationToken)
    {
        (_tar, _cancellation) = (tar, cancellationToken);
        _tap = new Tap(tar, path);
        _scanner = new TarScanner(_tap, path, cancellationToken, TarContent.RootFs);
    }

    /// <summary>The next member, or null at the end. What was not copied of the previous member is skipped.</summary>
    /// <exception cref="KubeCheckpointException">NotAnArchive, ArchiveTruncated or ArchiveDamaged.</exception>
    public ArchiveMember? Next()
    {
        CopyData(Stream.Null);
        _tap.Headers.SetLength(0);
        _tap.IsOpen = true;
        try
        {
            _current = _scanner.Next();
        }
        finally
        {
            _tap.IsOpen = false;
        }
        return _current;
    }

    /// <summary>Writes the member to another tar, in whole blocks.</summary>
    public void CopyTo(Stream target)
    {
        var size = _current!.StoredSize;
        target.Write(_tap.Headers.GetBuffer().AsSpan(_padding, (int)_tap.Headers.Length - _padding));
        CopyData(target);
        target.Write(TarBlocks.End[..TarBlocks.PaddingOf(size)]);
    }

    /// <summary>Reads the rest after the end of the tar: a compressed stream has its checksum there.</summary>
    public void Drain()
    {
        while (_tar.Read(_buffer) > 0)
            _cancellation.ThrowIfCancellationRequested();
    }

    public void Dispose() => _tar.Dispose();

    private void CopyData(Stream target)
    {
        if (_current is not { } member)
            return;
        var data = _scanner.OpenStored();
        while (data.Read(_buffer) is > 0 and var count)
            target.Write(_buffer.AsSpan(0, count));
        _padding = TarBlocks.PaddingOf(member.StoredSize);
        _current = null;
    }

    /// <summary>Records the headers that are read.</summary>
    private sealed class Tap(Stream inner, string path) : ReadOnlyStream
    {
        public MemoryStream Headers { get; } = new();

        public bool IsOpen { get; set; }

        public override int Read(Span<byte> buffer)
        {
            var count = inner.Read(buffer);
            if (!IsOpen)
                return count;
            if (Headers.Length + count > LargestHeaders)
                throw ArchiveFailure.ArchiveDamaged(path, null, 0, $"a member has more than {LargestHeaders} bytes of headers");
            Headers.Write(buffer[..count]);
            return count;
        }
    }
}
