using System.Buffers.Binary;
using System.Globalization;

namespace KubeCheckpoint.Criu.Files;

/// <summary>The capabilities that a file gives to a process that runs it (Linux, struct vfs_ns_cap_data in include/uapi/linux/capability.h).</summary>
internal static class FileCapability
{
    /// <summary>The extended attribute with the capabilities.</summary>
    public const string AttributeName = "security.capability";

    private const uint RevisionBits = 0xff000000;
    private const uint Effective = 1;

    // Revision 1 has 32 bits of each set, revision 2 has 64, revision 3 the user ID of the namespace's root after them.
    private static readonly (uint Revision, int Size, int Words)[] Revisions = [(0x01000000, 12, 1), (0x02000000, 20, 2), (0x03000000, 24, 2)];

    /// <summary>The capabilities as getcap shows them, such as <c>cap_net_admin,cap_net_raw=ep</c>; null where the value is not valid.</summary>
    /// <param name="value">The value of the attribute.</param>
    public static string? Describe(ReadOnlySpan<byte> value)
    {
        if (value.Length < sizeof(uint))
            return null;
        var head = BinaryPrimitives.ReadUInt32LittleEndian(value);
        var (revision, size, words) = Array.Find(Revisions, known => known.Revision == (head & RevisionBits));
        if (revision == 0 || value.Length != size)
            return null;
        var permitted = Names(value, words, 0);
        var inheritable = Names(value, words, 1);
        var owner = revision == Revisions[^1].Revision ? BinaryPrimitives.ReadUInt32LittleEndian(value[^sizeof(uint)..]) : 0;
        var text = Describe([.. permitted], [.. inheritable], (head & Effective) != 0 ? "e" : "");
        return owner == 0 ? text : string.Create(CultureInfo.InvariantCulture, $"{text} [rootid={owner}]");
    }

    private static string Describe(HashSet<string> permitted, HashSet<string> inheritable, string effective)
    {
        var groups = permitted.Union(inheritable)
            .GroupBy(name => $"{effective}{(inheritable.Contains(name) ? "i" : "")}{(permitted.Contains(name) ? "p" : "")}")
            .Select(group => $"{string.Join(',', group)}={group.Key}");
        var text = string.Join(' ', groups);
        return text.Length == 0 ? "=" : text;
    }

    // The 32-bit words alternate between the two sets.
    private static IEnumerable<string> Names(ReadOnlySpan<byte> value, int words, int set)
    {
        var bits = new uint[words];
        for (var i = 0; i < words; i++)
            bits[i] = BinaryPrimitives.ReadUInt32LittleEndian(value[(sizeof(uint) * (1 + 2 * i + set))..]);
        return CapabilityNames.Of(bits).Select(name => name.ToLowerInvariant());
    }
}
