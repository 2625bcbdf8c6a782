using System.Text;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>
/// Encodes the values of a header as lines of their own. <see cref="HttpClient"/> joins them with commas, and the API server then sees one group with
/// commas in its name. The values are therefore given as one, with <see cref="Separator"/> between them.
/// </summary>
/// <param name="name">The name of the header.</param>
internal sealed class HeaderLines(string name) : Encoding
{
    /// <summary>A control character, which no value has.</summary>
    public const char Separator = '\u0001';

    private readonly byte[] _lineBreak = ASCII.GetBytes($"\r\n{name}: ");

    /// <summary>Whether a header is written this way.</summary>
    public static bool IsIn(string name) => name.StartsWith(ImpersonationHandler.Prefix, StringComparison.OrdinalIgnoreCase);

    public override int GetByteCount(char[] chars, int index, int count) =>
        UTF8.GetByteCount(chars, index, count) + (chars.AsSpan(index, count).Count(Separator) * (_lineBreak.Length - 1));

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        GetBytes(chars.AsSpan(charIndex, charCount), bytes.AsSpan(byteIndex));

    public override int GetBytes(ReadOnlySpan<char> chars, Span<byte> bytes)
    {
        var written = 0;
        foreach (var range in chars.Split(Separator))
        {
            if (range.Start.Value > 0)
            {
                _lineBreak.CopyTo(bytes[written..]);
                written += _lineBreak.Length;
            }

            written += UTF8.GetBytes(chars[range], bytes[written..]);
        }

        return written;
    }

    public override int GetMaxByteCount(int charCount) => UTF8.GetMaxByteCount(charCount) + (charCount * _lineBreak.Length);

    public override int GetCharCount(byte[] bytes, int index, int count) => UTF8.GetCharCount(bytes, index, count);

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        UTF8.GetChars(bytes, byteIndex, byteCount, chars, charIndex);

    public override int GetMaxCharCount(int byteCount) => UTF8.GetMaxCharCount(byteCount);
}
