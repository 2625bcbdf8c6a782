using System.Buffers.Text;
using System.Text;

namespace KubeCheckpoint.Archives.Tar;

/// <summary>
/// The records of PAX headers that hold extended attributes: <c>SCHILY.xattr.</c>NAME, which runtimes, GNU tar and star write, with the value as
/// it is; <c>LIBARCHIVE.xattr.</c>NAME of bsdtar, with the name URL-encoded and the value in base64; and GNU tar's records for labels and lists.
/// </summary>
internal static class PaxAttributes
{
    private const string Schily = "SCHILY.xattr.";
    private const string Libarchive = "LIBARCHIVE.xattr.";

    /// <summary>The attribute of a record, or null for a record of another kind.</summary>
    /// <param name="key">The key of the record.</param>
    /// <param name="value">The value of the record.</param>
    public static KeyValuePair<string, byte[]>? Find(string key, ReadOnlySpan<byte> value) => key switch
    {
        "RHT.security.selinux" => new("security.selinux", value.ToArray()),
        "SCHILY.acl.access" => new("system.posix_acl_access", value.ToArray()),
        "SCHILY.acl.default" => new("system.posix_acl_default", value.ToArray()),
        _ when key.StartsWith(Schily, StringComparison.Ordinal) => new(key[Schily.Length..], value.ToArray()),
        _ when key.StartsWith(Libarchive, StringComparison.Ordinal) => new(Uri.UnescapeDataString(key[Libarchive.Length..]), FromBase64(value)),
        _ => null,
    };

    /// <summary>Whether other programs than bsdtar read the record.</summary>
    /// <param name="key">The key of the record.</param>
    public static bool IsShared(string key) => !key.StartsWith(Libarchive, StringComparison.Ordinal);

    // bsdtar leaves out the padding. A value that is not base64 is kept as it is.
    private static byte[] FromBase64(ReadOnlySpan<byte> value)
    {
        var text = Encoding.Latin1.GetString(value.TrimEnd((byte)'='));
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length + 3)];
        return Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), bytes, out var length) ? bytes[..length] : value.ToArray();
    }
}
