namespace KubeCheckpoint.Criu.Documents;

/// <summary>The length of a payload, as the entry before it gives it.</summary>
internal static class PayloadLength
{
    /// <summary>The alignment of semaphores and messages, in bytes (CRIU, criu/ipc_ns.c).</summary>
    public const int Alignment = 8;

    /// <summary>The alignment of shared memory, in bytes (CRIU, criu/ipc_ns.c).</summary>
    public const int SegmentAlignment = 4;

    /// <summary>The number in a field of an entry; 0 where it has none.</summary>
    /// <exception cref="EntryValueException">It is not a number.</exception>
    public static Int128 Of(CriuObject entry, string field)
    {
        try
        {
            return entry.Find(field) is { } value ? (Int128)EntryValue.ToNumber(value, 0, ulong.MaxValue) : 0;
        }
        catch (EntryValueException exception)
        {
            throw exception.Within(field);
        }
    }

    /// <summary>How many bytes pad a payload.</summary>
    public static int PaddingOf(Int128 length, int alignment) => (int)((alignment - length % alignment) % alignment);
}
