using System.Buffers;

namespace KubeCheckpoint.Archives.Logs;

/// <summary>Collects bytes up to a limit and drops the rest.</summary>
internal sealed class CappedBytes(int limit)
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private bool _isCut;

    public bool IsEmpty => _bytes.WrittenCount == 0;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        var room = limit - _bytes.WrittenCount;
        _isCut |= bytes.Length > room;
        _bytes.Write(bytes[..Math.Min(bytes.Length, room)]);
    }

    /// <summary>Returns the collected bytes and starts again.</summary>
    public byte[] Take(out bool isWhole)
    {
        var bytes = _bytes.WrittenSpan.ToArray();
        isWhole = !_isCut;
        _bytes.ResetWrittenCount();
        _isCut = false;
        return bytes;
    }
}
