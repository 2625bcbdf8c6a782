namespace KubeCheckpoint.Archives.Search;

/// <summary>
/// How frequent a byte is in the memory of a process, from 0 to 255. Only an order, to search for the rare bytes of a text first:
/// zeros, then lower-case letters by their frequency in English, digits, capitals and punctuation, then the rest.
/// </summary>
internal static class ByteFrequency
{
    private const string Letters = "etaoinsrhldcumfpgwybvkxjqz";
    private const string Signs = " /.-_:,\"=\n()<>;'\t";

    public static int Of(byte value)
    {
        var character = (char)value;
        return value switch
        {
            0 => 255,
            0xFF => 170,
            <= 8 or 0x10 or 0x20 or 0x40 or 0x80 => 150,
            _ when Signs.Contains(character) => 140,
            >= (byte)'a' and <= (byte)'z' => 160 - 4 * Letters.IndexOf(character),
            >= (byte)'0' and <= (byte)'9' => 100,
            >= (byte)'A' and <= (byte)'Z' => 90 - 2 * Letters.IndexOf(char.ToLowerInvariant(character)),
            0x7F or 0x48 or 0x8B or 0x89 => 80,
            _ => 30,
        };
    }
}
