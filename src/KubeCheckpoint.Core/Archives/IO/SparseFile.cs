using Microsoft.Win32.SafeHandles;

namespace KubeCheckpoint.Archives.IO;

/// <summary>Writes a file in which zeros become holes, so that it takes no more of the disk than it holds.</summary>
/// <param name="file">The file, open for writing. The caller owns it.</param>
internal sealed class SparseFile(SafeFileHandle file)
{
    // Of most file systems. Smaller runs of zeros would not become a hole.
    private const int BlockSize = 4096;

    private bool _isAllowed;

    /// <summary>How many bytes were written that are not in a hole.</summary>
    public long Written { get; private set; }

    /// <summary>Writes bytes, except for blocks of zeros.</summary>
    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        for (var start = 0; start < bytes.Length;)
        {
            var end = NextBlock(bytes, start, offset);
            var isZero = IsZero(bytes[start..end]);
            while (end < bytes.Length && NextBlock(bytes, end, offset) is var next && IsZero(bytes[end..next]) == isZero)
                end = next;
            if (!isZero)
                Append(bytes[start..end], offset + start);
            start = end;
        }
    }

    /// <summary>Gives the file its length: what was not written is holes.</summary>
    public void Finish(long length)
    {
        Allow();
        RandomAccess.SetLength(file, length);
    }

    private void Append(ReadOnlySpan<byte> bytes, long offset)
    {
        Allow();
        RandomAccess.Write(file, bytes, offset);
        Written += bytes.Length;
    }

    private void Allow()
    {
        if (!_isAllowed)
            FileHoles.Allow(file);
        _isAllowed = true;
    }

    private static int NextBlock(ReadOnlySpan<byte> bytes, int start, long offset) =>
        (int)Math.Min(bytes.Length, start + BlockSize - (offset + start) % BlockSize);

    private static bool IsZero(ReadOnlySpan<byte> block) => !block.ContainsAnyExcept((byte)0);
}
