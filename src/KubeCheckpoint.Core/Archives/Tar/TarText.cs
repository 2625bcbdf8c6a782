using System.Text;

namespace KubeCheckpoint.Archives.Tar;

/// <summary>
/// How the names in a tar become text. Linux allows any bytes in a name, and containers have files with names in Latin-1 and others: such
/// bytes are escaped, so that two of these names stay two. In a checkpoint, where no engine writes them, they become U+FFFD, and are refused.
/// </summary>
internal static class TarText
{
    private static readonly Encoding Escaping =
        Encoding.GetEncoding("utf-8", EncoderFallback.ReplacementFallback, new EscapingFallback());

    /// <summary>The encoding of the names in a tar.</summary>
    /// <param name="content">The kind of content.</param>
    public static Encoding EncodingOf(TarContent content) => content == TarContent.RootFs ? Escaping : Encoding.UTF8;

    /// <summary>Writes each byte that is not UTF-8 as <c>\xE9</c>.</summary>
    private sealed class EscapingFallback : DecoderFallback
    {
        // A sequence of UTF-8 has at most four bytes, each of four characters here.
        public override int MaxCharCount => 16;

        public override DecoderFallbackBuffer CreateFallbackBuffer() => new Buffer();
    }

    private sealed class Buffer : DecoderFallbackBuffer
    {
        private string _text = "";
        private int _next;

        public override int Remaining => _text.Length - _next;

        public override bool Fallback(byte[] bytesUnknown, int index)
        {
            _text = string.Concat(bytesUnknown.Select(octet => $"\\x{octet:X2}"));
            _next = 0;
            return true;
        }

        public override char GetNextChar() => _next < _text.Length ? _text[_next++] : '\0';

        public override bool MovePrevious()
        {
            if (_next == 0)
                return false;
            _next--;
            return true;
        }
    }
}
