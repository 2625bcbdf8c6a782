namespace KubeCheckpoint.Archives;

/// <summary>
/// Goes through a tar from front to end and copies members as they stand in it: with every header before them, and so with all attributes
/// that any tar program has given them.
/// </summary>
internal sealed class RawTarReader : IDisposable
{
    // A PAX header, a long name and a long link, each as large as it may be, and some more.
    private const int LargestHeaders = 4 * ArchiveLimits.ExtendedHeaderSize;
    private const int CopyBuffer = 64 * 1024;

    private readonly Stream _tar;
    private readonly Tap _tap;
    private readonly TarScanner _scanner;
    private readonly byte[] _buffer = new byte[CopyBuffer];
    private ArchiveMember? _current;

    // What fills up the data of the member before is read with the headers of this one.
    private int _padding;

    /// <param name="tar">The tar, which it will close.</param>
    /// <param name="path">What messages call it.</param>
    /// <param name="cancellationToken">Ends the reading between two headers or buffers.</param>
    public RawTarReader(Stream tar, string path, CancellationToken cancellationToken)
    {
        _tar = tar;
        _tap = new Tap(tar, path);
        _scanner = new TarScanner(_tap, path, cancellationToken, TarContent.RootFs);
    }

    /// <summary>The next member, or null at the end. What was not copied of the one before is passed over.</summary>
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

    /// <summary>Writes the member, whole blocks, to another tar.</summary>
    public void CopyTo(Stream target)
    {
        var size = _current!.Size;
        target.Write(_tap.Headers.GetBuffer().AsSpan(_padding, (int)_tap.Headers.Length - _padding));
        CopyData(target);
        target.Write(TarBlocks.End[..TarBlocks.PaddingOf(size)]);
    }

    /// <summary>Reads what is left behind the end of the tar: a compressed stream has its checksum there.</summary>
    public void Drain()
    {
        while (_tar.Read(_buffer) > 0)
        {
        }
    }

    public void Dispose() => _tar.Dispose();

    private void CopyData(Stream target)
    {
        if (_current is not { } member)
            return;
        var data = _scanner.OpenData();
        while (data.Read(_buffer) is > 0 and var count)
            target.Write(_buffer.AsSpan(0, count));
        _padding = TarBlocks.PaddingOf(member.Size);
        _current = null;
    }

    /// <summary>Keeps what is read of headers.</summary>
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
