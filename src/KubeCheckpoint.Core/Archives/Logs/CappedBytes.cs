using System.Buffers;

namespace KubeCheckpoint.Archives.Logs;

/// <summary>Bytes that are gathered up to a limit; what goes beyond it is dropped.</summary>
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

    /// <summary>What was gathered; the next gathering begins empty.</summary>
    public byte[] Take(out bool isWhole)
    {
        var bytes = _bytes.WrittenSpan.ToArray();
        isWhole = !_isCut;
        _bytes.ResetWrittenCount();
        _isCut = false;
        return bytes;
    }
}
