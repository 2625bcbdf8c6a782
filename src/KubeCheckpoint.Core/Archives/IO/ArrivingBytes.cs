namespace KubeCheckpoint.Archives.IO;

/// <summary>
/// Bytes that one task receives and another one reads, through a ring of limited size. The receiver waits while the ring is full. Where the reader
/// needs bytes that have left the ring, <see cref="Position"/> goes back, and the receiver begins there again.
/// </summary>
/// <param name="path">The name used in messages.</param>
/// <param name="length">How many bytes there are.</param>
/// <param name="capacity">The size of the ring.</param>
internal sealed class ArrivingBytes(string path, long length, int capacity) : IArrivingSource
{
    private readonly byte[] _ring = GC.AllocateUninitializedArray<byte>((int)Math.Min(length, capacity));
    private readonly Lock _lock = new();

    // The bytes from the start up to the end are in the ring.
    private long _start;
    private long _end;
    private bool _passes;
    private bool _isClosed;
    private TaskCompletionSource _changed = NewChange();

    public string Path => path;

    public long Length => length;

    public int Capacity => _ring.Length;

    /// <summary>The offset of the next byte to receive.</summary>
    public long Position
    {
        get
        {
            lock (_lock)
                return _end;
        }
    }

    /// <summary>Receives bytes that are at an offset.</summary>
    /// <param name="offset">The offset.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="patience">How long to wait while the ring is full.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>False where other bytes are to be received now or none any longer, or the ring has stayed full.</returns>
    public async ValueTask<bool> AppendAsync(long offset, ReadOnlyMemory<byte> bytes, TimeSpan patience, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            if (Take(offset, bytes.Span, out var change) is not { } taken)
                return false;
            offset += taken;
            bytes = bytes[taken..];
            if (taken == 0 && !await ChangesAsync(change, patience, cancellationToken).ConfigureAwait(false))
                return false;
        }
        return true;
    }

    /// <summary>Completes when there are bytes to receive, and space for them.</summary>
    public async Task RoomAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task change;
            lock (_lock)
            {
                if (!_isClosed && _end < length && (_end - _start < _ring.Length || _passes))
                    return;
                change = _changed.Task;
            }
            await change.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task ArriveAsync(long offset, long count, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task change;
            lock (_lock)
            {
                var wanted = Math.Min(length, offset + Math.Min(count, _ring.Length));
                if (offset < _start || offset > _end)
                    MoveTo(offset, offset);
                else if (wanted - _start > _ring.Length)
                    MoveTo(wanted - _ring.Length, _end);
                if (_end >= wanted)
                    return;
                change = _changed.Task;
            }
            await change.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task PassAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task change;
            lock (_lock)
            {
                var isWhole = _end == length;
                if (_passes == isWhole)
                {
                    _passes = !isWhole;
                    Signal();
                }
                if (isWhole)
                    return;
                change = _changed.Task;
            }
            await change.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Release(long offset)
    {
        lock (_lock)
        {
            if (offset > _start && offset <= _end)
                MoveTo(offset, _end);
        }
    }

    /// <summary>Nobody reads any longer.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            Signal();
        }
    }

    public int Read(Span<byte> buffer, long offset)
    {
        lock (_lock)
        {
            if (offset < _start || offset >= _end)
                return 0;
            var count = (int)Math.Min(buffer.Length, _end - offset);
            var first = Math.Min(count, _ring.Length - At(offset));
            _ring.AsSpan(At(offset), first).CopyTo(buffer);
            _ring.AsSpan(0, count - first).CopyTo(buffer[first..]);
            return count;
        }
    }

    public void Dispose()
    {
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static async Task<bool> ChangesAsync(Task change, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            await change.WaitAsync(patience, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    // Null: these are not the next bytes.
    private int? Take(long offset, ReadOnlySpan<byte> bytes, out Task change)
    {
        lock (_lock)
        {
            change = _changed.Task;
            if (_isClosed || offset != _end)
                return null;
            if (_passes)
                _start = Math.Max(_start, _end + Math.Min(bytes.Length, _ring.Length) - _ring.Length);
            var count = (int)Math.Min(bytes.Length, _ring.Length - (_end - _start));
            if (count == 0)
                return 0;
            var first = Math.Min(count, _ring.Length - At(offset));
            bytes[..first].CopyTo(_ring.AsSpan(At(offset)));
            bytes[first..count].CopyTo(_ring);
            _end += count;
            Signal();
            return count;
        }
    }

    private int At(long offset) => (int)(offset % _ring.Length);

    private void MoveTo(long start, long end)
    {
        (_start, _end) = (start, end);
        Signal();
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = NewChange();
        changed.SetResult();
    }
}
