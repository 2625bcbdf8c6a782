using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using KubeCheckpoint.Criu.Files;

namespace KubeCheckpoint.Archives.FileChanges;

/// <summary>Describes the extended attributes of a file.</summary>
internal static class ExtendedAttributes
{
    private const int LongestText = 256;
    private const int LongestBytes = 64;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The attributes in the order of their names.</summary>
    /// <param name="attributes">Names and values.</param>
    public static IReadOnlyList<CheckpointFileXattr> Describe(IEnumerable<KeyValuePair<string, byte[]>> attributes) =>
    [
        .. attributes
            .OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => new CheckpointFileXattr(pair.Key, TextOf(pair.Key, pair.Value), pair.Value)),
    ];

    /// <summary>The capabilities among the attributes, as getcap shows them, or null.</summary>
    public static string? CapabilityOf(IEnumerable<CheckpointFileXattr> attributes) =>
        attributes.FirstOrDefault(attribute => attribute.Name == FileCapability.AttributeName) is { } found ? FileCapability.Describe(found.Value) : null;

    private static string TextOf(string name, byte[] value)
    {
        if (name == FileCapability.AttributeName && FileCapability.Describe(value) is { } capabilities)
            return capabilities;
        if (AccessControlList.AttributeNames.Contains(name) && AccessControlList.Describe(value) is { } list)
            return list;
        return AsText(value) is { } text
            ? Shorten(TerminalText.Line(text), LongestText, value)
            : Shorten($"0x{Convert.ToHexStringLower(value)}", LongestBytes * 2 + 2, value);
    }

    // A label of SELinux ends with a zero byte.
    private static string? AsText(byte[] value)
    {
        var length = value.Length > 0 && value[^1] == 0 ? value.Length - 1 : value.Length;
        try
        {
            return value.AsSpan(0, length).ContainsAnyInRange((byte)0, (byte)8) ? null : StrictUtf8.GetString(value, 0, length);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    // The hash tells long values apart.
    private static string Shorten(string text, int length, byte[] value) => text.Length <= length
        ? text
        : string.Create(CultureInfo.InvariantCulture, $"{text[..length]}... ({value.Length} bytes, sha256:{Convert.ToHexStringLower(SHA256.HashData(value))})");
}
