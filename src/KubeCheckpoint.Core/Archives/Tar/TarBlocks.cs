using System.Buffers.Binary;
using System.Text;

namespace KubeCheckpoint.Archives.Tar;

/// <summary>
/// Writes the blocks of a tar (POSIX ustar with GNU's long names and large sizes, which Go's archive/tar and GNU tar read). Headers are
/// written before the size of the data is known and updated afterwards, which the BCL's TarWriter cannot do; the owner is
/// root and the default time 1970, so that the same content gives the same bytes.
/// </summary>
internal static class TarBlocks
{
    private const int NameField = 100;
    private const int SizeField = 124;
    private const int ChecksumField = 148;
    private const long LargestOctal = 0x1_ffff_ffff;

    /// <summary>The two zero blocks that end a tar.</summary>
    public static ReadOnlySpan<byte> End => new byte[2 * TarHeader.BlockSize];

    /// <summary>The header of a member: one block, or more for a long name. The last block is the member's own.</summary>
    /// <param name="name">The name; for a folder, it ends in a slash.</param>
    /// <param name="type">The type flag: <c>0</c> a file, <c>5</c> a folder.</param>
    /// <param name="mode">The permission bits.</param>
    /// <param name="size">How many bytes follow.</param>
    /// <param name="modifiedAt">The time of the last change; null for 1970.</param>
    public static byte[] Header(string name, char type, int mode, long size = 0, DateTimeOffset? modifiedAt = null)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        var time = modifiedAt?.ToUnixTimeSeconds() ?? 0;
        if (bytes.Length <= NameField)
            return Block(bytes, type, mode, size, time);
        return
        [
            .. Block("././@LongLink"u8, 'L', 0, bytes.Length + 1, 0),
            .. bytes,
            .. new byte[PaddingOf(bytes.Length) is 0 ? TarHeader.BlockSize : PaddingOf(bytes.Length)],
            .. Block(bytes.AsSpan(0, NameField), type, mode, size, time),
        ];
    }

    /// <summary>Changes the size in the last block of a header.</summary>
    public static void SetSize(Span<byte> header, long size)
    {
        var block = header[^TarHeader.BlockSize..];
        WriteSize(block, size);
        Sign(block);
    }

    /// <summary>How many zeros pad data of a length to whole blocks.</summary>
    public static int PaddingOf(long length) => (int)((TarHeader.BlockSize - length % TarHeader.BlockSize) % TarHeader.BlockSize);

    private static byte[] Block(ReadOnlySpan<byte> name, char type, int mode, long size, long time)
    {
        var block = new byte[TarHeader.BlockSize];
        name.CopyTo(block);
        WriteOctal(block.AsSpan(100, 8), mode);
        WriteOctal(block.AsSpan(108, 8), 0);
        WriteOctal(block.AsSpan(116, 8), 0);
        WriteSize(block, size);
        WriteOctal(block.AsSpan(136, 12), time);
        block[156] = (byte)type;
        "ustar  \0"u8.CopyTo(block.AsSpan(257));
        Sign(block);
        return block;
    }

    private static void WriteSize(Span<byte> block, long size)
    {
        var field = block.Slice(SizeField, 12);
        if (size <= LargestOctal)
        {
            WriteOctal(field, size);
            return;
        }
        field.Clear();
        field[0] = 0x80;
        BinaryPrimitives.WriteInt64BigEndian(field[4..], size);
    }

    private static void WriteOctal(Span<byte> field, long value)
    {
        field[^1] = 0;
        for (var i = field.Length - 2; i >= 0; i--, value >>= 3)
            field[i] = (byte)('0' + (value & 7));
    }

    private static void Sign(Span<byte> block)
    {
        var field = block.Slice(ChecksumField, 8);
        field.Fill((byte)' ');
        var sum = 0;
        foreach (var octet in block)
            sum += octet;
        WriteOctal(field[..7], sum);
        field[7] = (byte)' ';
    }
}
