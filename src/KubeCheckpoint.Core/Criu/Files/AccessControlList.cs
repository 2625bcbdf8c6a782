using System.Buffers.Binary;
using System.Globalization;

namespace KubeCheckpoint.Criu.Files;

/// <summary>A POSIX access control list in an extended attribute (Linux, include/uapi/linux/posix_acl_xattr.h).</summary>
internal static class AccessControlList
{
    private const uint Version = 2;
    private const int EntrySize = 8;

    /// <summary>The attributes that hold one.</summary>
    public static IReadOnlyList<string> AttributeNames { get; } = ["system.posix_acl_access", "system.posix_acl_default"];

    /// <summary>The list as getfacl shows it, on one line: <c>user::rw-,user:1000:r--,mask::r--</c>; null where the value is not valid.</summary>
    /// <param name="value">The value of the attribute.</param>
    public static string? Describe(ReadOnlySpan<byte> value)
    {
        if (value.Length % EntrySize != sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(value) != Version)
            return null;
        var entries = new List<string>();
        for (var rest = value[sizeof(uint)..]; !rest.IsEmpty; rest = rest[EntrySize..])
        {
            var (tag, mode) = (BinaryPrimitives.ReadUInt16LittleEndian(rest), BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]));
            if (Describe(tag, BinaryPrimitives.ReadUInt32LittleEndian(rest[4..])) is not { } who)
                return null;
            entries.Add($"{who}:{((mode & 4) != 0 ? 'r' : '-')}{((mode & 2) != 0 ? 'w' : '-')}{((mode & 1) != 0 ? 'x' : '-')}");
        }
        return string.Join(',', entries);
    }

    private static string? Describe(int tag, uint id) => tag switch
    {
        0x01 => "user:",
        0x02 => string.Create(CultureInfo.InvariantCulture, $"user:{id}"),
        0x04 => "group:",
        0x08 => string.Create(CultureInfo.InvariantCulture, $"group:{id}"),
        0x10 => "mask:",
        0x20 => "other:",
        _ => null,
    };
}
