using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace KubeCheckpoint.Archives.Search;

/// <summary>
/// A byte sequence to search for, in which letters may ignore case. Compares 32 positions at once by the two bytes
/// of it that are the rarest in memory, and verifies positions where both match.
/// </summary>
internal sealed class ByteNeedle
{
    private const byte CaseBit = 0x20;

    private readonly byte[] _value;
    private readonly byte[] _mask;
    private readonly int _first;
    private readonly int _second;

    /// <param name="value">The bytes; not empty.</param>
    /// <param name="isLetter">For each byte, whether it is an ASCII letter whose case is ignored; null if all bytes are literal.</param>
    public ByteNeedle(ReadOnlySpan<byte> value, bool[]? isLetter)
    {
        _mask = new byte[value.Length];
        _value = value.ToArray();
        for (var i = 0; i < _value.Length; i++)
        {
            if (isLetter is null || !isLetter[i])
                continue;
            _mask[i] = CaseBit;
            _value[i] |= CaseBit;
        }
        (_first, _second) = FindRarest();
    }

    public int Length => _value.Length;

    /// <summary>The first position, or -1.</summary>
    public int IndexOf(ReadOnlySpan<byte> bytes)
    {
        var last = bytes.Length - _value.Length;
        if (last < 0)
            return -1;
        var place = Vector256.IsHardwareAccelerated || Vector128.IsHardwareAccelerated ? IndexOfVectors(bytes, last, out var next) : IndexOfNone(out next);
        if (place >= 0)
            return place;
        for (; next <= last; next++)
        {
            if (IsAt(bytes, next))
                return next;
        }
        return -1;
    }

    private static int IndexOfNone(out int next)
    {
        next = 0;
        return -1;
    }

    // Searches as many positions as fill whole vectors; next is the first one not searched.
    private int IndexOfVectors(ReadOnlySpan<byte> bytes, int last, out int next)
    {
        ref var first = ref Unsafe.Add(ref MemoryMarshal.GetReference(bytes), _first);
        ref var second = ref Unsafe.Add(ref MemoryMarshal.GetReference(bytes), _second);
        var firstValue = Vector256.Create(_value[_first]);
        var firstMask = Vector256.Create(_mask[_first]);
        var secondValue = Vector256.Create(_value[_second]);
        var secondMask = Vector256.Create(_mask[_second]);
        next = 0;
        for (; next <= last + 1 - 2 * Vector256<byte>.Count; next += 2 * Vector256<byte>.Count)
        {
            var low = Vector256.Equals(Vector256.LoadUnsafe(ref first, (nuint)next) | firstMask, firstValue)
                & Vector256.Equals(Vector256.LoadUnsafe(ref second, (nuint)next) | secondMask, secondValue);
            var high = Vector256.Equals(Vector256.LoadUnsafe(ref first, (nuint)(next + Vector256<byte>.Count)) | firstMask, firstValue)
                & Vector256.Equals(Vector256.LoadUnsafe(ref second, (nuint)(next + Vector256<byte>.Count)) | secondMask, secondValue);
            if ((low | high) == Vector256<byte>.Zero)
                continue;
            var candidates = low.ExtractMostSignificantBits() | (ulong)high.ExtractMostSignificantBits() << Vector256<byte>.Count;
            for (; candidates != 0; candidates &= candidates - 1)
            {
                var place = next + System.Numerics.BitOperations.TrailingZeroCount(candidates);
                if (IsAt(bytes, place))
                    return place;
            }
        }
        return -1;
    }

    private bool IsAt(ReadOnlySpan<byte> bytes, int place)
    {
        for (var i = 0; i < _value.Length; i++)
        {
            if ((bytes[place + i] | _mask[i]) != _value[i])
                return false;
        }
        return true;
    }

    private (int First, int Second) FindRarest()
    {
        var first = 0;
        for (var i = 1; i < _value.Length; i++)
        {
            if (Frequency(i) < Frequency(first))
                first = i;
        }
        var second = first == 0 ? _value.Length - 1 : 0;
        for (var i = 0; i < _value.Length; i++)
        {
            // The same byte twice is hardly more selective than once.
            if (i != first && (_value[second] == _value[first] || (_value[i] != _value[first] && Frequency(i) < Frequency(second))))
                second = i;
        }
        return (first, second);
    }

    private int Frequency(int index) => _mask[index] == 0
        ? ByteFrequency.Of(_value[index])
        : ByteFrequency.Of(_value[index]) + ByteFrequency.Of((byte)(_value[index] & ~CaseBit));
}
