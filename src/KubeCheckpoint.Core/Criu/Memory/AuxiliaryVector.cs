namespace KubeCheckpoint.Criu.Memory;

/// <summary>The auxiliary vector that the kernel passed to the program (getauxval(3)): pairs of a type and a value.</summary>
internal sealed class AuxiliaryVector(IReadOnlyList<ulong> saved)
{
    // Linux, include/uapi/linux/auxvec.h.
    private const ulong PageSizeType = 6;
    private const ulong HardwareCapabilitiesType = 16;
    private const ulong HardwareCapabilities2Type = 26;
    private const ulong SignalStackSizeType = 51;

    /// <summary>The pairs in the order of the image.</summary>
    public IEnumerable<(ulong Type, ulong Value)> Entries
    {
        get
        {
            for (var i = 0; i + 1 < saved.Count; i += 2)
                yield return (saved[i], saved[i + 1]);
        }
    }

    /// <summary>AT_PAGESZ if it is plausible: a power of two from 4 KiB to 1 MiB.</summary>
    public int? PageSize => Find(PageSizeType) is { } size && ulong.IsPow2(size) && size is >= 4096 and <= 1 << 20 ? (int)size : null;

    /// <summary>AT_HWCAP: bits of the processor's features.</summary>
    public ulong? HardwareCapabilities => Find(HardwareCapabilitiesType);

    /// <summary>AT_HWCAP2.</summary>
    public ulong? HardwareCapabilities2 => Find(HardwareCapabilities2Type);

    /// <summary>AT_MINSIGSTKSZ: how much the kernel may push onto a signal stack, in bytes, which grows with the processor's registers.</summary>
    public long? SignalStackSize => Find(SignalStackSizeType) is { } size and < int.MaxValue ? (long)size : null;

    private ulong? Find(ulong type)
    {
        foreach (var entry in Entries)
        {
            if (entry.Type == type)
                return entry.Value;
        }
        return null;
    }
}
