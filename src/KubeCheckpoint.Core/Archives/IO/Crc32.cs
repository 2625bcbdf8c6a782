using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KubeCheckpoint.Archives.IO;

/// <summary>The CRC-32 of gzip (RFC 1952, section 8), sixteen bytes at a time.</summary>
internal static class Crc32
{
    private const uint Polynomial = 0xedb88320;
    private const int Width = 16;
    private const int Entries = 256;

    // A table for each byte of a step, the one of its last byte first.
    private static readonly uint[] Tables = MakeTables();

    /// <summary>The checksum of bytes that follow others.</summary>
    /// <param name="checksum">The checksum of what precedes them; 0 at the beginning.</param>
    /// <param name="bytes">The bytes.</param>
    public static uint Append(uint checksum, ReadOnlySpan<byte> bytes)
    {
        var value = ~checksum;
        ref var tables = ref MemoryMarshal.GetArrayDataReference(Tables);
        for (; bytes.Length >= Width; bytes = bytes[Width..])
        {
            var low = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ value;
            var high = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
            value = OfEight(ref tables, low, 8) ^ OfEight(ref tables, high, 0);
        }
        foreach (var octet in bytes)
            value = Tables[(byte)(value ^ octet)] ^ value >> 8;
        return ~value;
    }

    // Every index is within the tables.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint OfEight(ref uint tables, ulong bytes, int following) =>
        Entry(ref tables, following + 7, bytes) ^ Entry(ref tables, following + 6, bytes >> 8)
        ^ Entry(ref tables, following + 5, bytes >> 16) ^ Entry(ref tables, following + 4, bytes >> 24)
        ^ Entry(ref tables, following + 3, bytes >> 32) ^ Entry(ref tables, following + 2, bytes >> 40)
        ^ Entry(ref tables, following + 1, bytes >> 48) ^ Entry(ref tables, following, bytes >> 56);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Entry(ref uint tables, int table, ulong octet) => Unsafe.Add(ref tables, table * Entries + (byte)octet);

    private static uint[] MakeTables()
    {
        var tables = new uint[Width * Entries];
        for (var i = 0; i < Entries; i++)
            tables[i] = OfByte((uint)i);
        for (var i = Entries; i < tables.Length; i++)
            tables[i] = tables[(byte)tables[i - Entries]] ^ tables[i - Entries] >> 8;
        return tables;
    }

    private static uint OfByte(uint value)
    {
        for (var bit = 0; bit < 8; bit++)
            value = (value & 1) != 0 ? value >> 1 ^ Polynomial : value >> 1;
        return value;
    }
}
