namespace KubeCheckpoint.Http;

/// <summary>Reads the lines of a response that does not end, such as a watch, each with a limit for its length.</summary>
/// <param name="stream">The body of the response.</param>
/// <param name="longest">The longest line, in bytes.</param>
internal sealed class LineReader(Stream stream, int longest) : IDisposable
{
    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <summary>The next line without its line break, valid until the next call; null at the end.</summary>
    /// <exception cref="IOException">The connection failed, or the line is too long.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellationToken)
    {
        var searched = _start;
        while (true)
        {
            var at = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (at >= 0)
            {
                var line = _buffer.AsMemory(_start, searched + at - _start);
                _start = searched + at + 1;
                return line;
            }
            var length = _end - _start;
            if (length > longest)
                throw new IOException($"A line of the response is longer than {longest} bytes.");
            MakeRoom(length);
            searched = _end;
            var count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (count == 0)
                return null;
            _end += count;
        }
    }

    public void Dispose() => stream.Dispose();

    private void MakeRoom(int length)
    {
        var larger = length > _buffer.Length / 2 ? new byte[_buffer.Length * 2] : _buffer;
        _buffer.AsSpan(_start, length).CopyTo(larger);
        (_buffer, _start, _end) = (larger, 0, length);
    }
}
