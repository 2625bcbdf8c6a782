using System.Globalization;
using System.Text;

namespace KubeCheckpoint.Archives.Search;

/// <summary>
/// Parses a valid .NET regular expression as far as needed to know how long its matches can be
/// and which text each must contain. It gives up on syntax it does not know: the shape is then unknown.
/// </summary>
internal sealed class PatternParser
{
    // Anything longer is treated as unbounded; this also prevents overflow of sums.
    private const int LongestLength = 64 * 1024;
    private const int MostTexts = 8;

    private readonly string _pattern;
    private int _position;
    private bool _ignoresCase;
    private bool _looksAround;

    private PatternParser(string pattern, bool ignoresCase)
    {
        _pattern = pattern;
        _ignoresCase = ignoresCase;
    }

    /// <summary>Parses a valid pattern.</summary>
    public static PatternShape Parse(string pattern, bool ignoresCase)
    {
        var parser = new PatternParser(pattern, ignoresCase);
        try
        {
            var all = parser.ReadAlternation();
            return parser._position == pattern.Length
                ? new PatternShape(all.Maximum, all.Required, parser._ignoresCase, parser._looksAround)
                : PatternShape.Unknown;
        }
        catch (NotSupportedException)
        {
            return PatternShape.Unknown;
        }
    }

    private bool IsAtEnd => _position >= _pattern.Length;

    private Part ReadAlternation()
    {
        var all = ReadSequence();
        while (TryTake("|"))
            all = Either(all, ReadSequence());
        return all;
    }

    private static Part Either(Part first, Part second)
    {
        var required = first.Required is { } one && second.Required is { } other && one.Texts.Count + other.Texts.Count <= MostTexts
            ? new RequiredText([.. one.Texts, .. other.Texts], one.Reach is { } a && other.Reach is { } b ? Math.Max(a, b) : null)
            : null;
        return new Part(first.Maximum is { } x && second.Maximum is { } y ? Math.Max(x, y) : null, required);
    }

    private Part ReadSequence()
    {
        int? before = 0;
        RequiredText? best = null;
        var run = new StringBuilder();
        int? runBefore = 0;
        while (!IsAtEnd && _pattern[_position] is not ('|' or ')'))
        {
            var atom = ReadAtom(out var literal);
            var (minimum, maximum) = ReadQuantifier();
            if (literal is { } character && minimum > 0)
                Append(character);
            if (literal is null ? atom.Maximum != 0 : (minimum, maximum) != (1, 1))
                Flush();
            if (minimum > 0 && atom.Required is not null)
                best = RequiredText.Better(best, atom.Required.Behind(before));
            before = Limited((long?)before + (long?)atom.Maximum * maximum);
        }
        Flush();
        return new Part(before, best);

        void Append(char character)
        {
            if (run.Length == 0)
                runBefore = before;
            run.Append(character);
        }

        void Flush()
        {
            if (run.Length > 0)
                best = RequiredText.Better(best, new RequiredText([run.ToString()], runBefore));
            run.Clear();
        }
    }

    private Part ReadAtom(out char? literal)
    {
        literal = null;
        var character = _pattern[_position++];
        switch (character)
        {
            case '^' or '$':
                _looksAround = true;
                return Part.Empty;
            case '.':
                return Part.One;
            case '[':
                SkipClass();
                return Part.One;
            case '(':
                return ReadGroup();
            case '\\':
                return ReadEscape(out literal);
            default:
                return Literal(character, out literal);
        }
    }

    // A line feed may represent a zero, and the other case of a non-ASCII letter has other bytes.
    private Part Literal(char character, out char? literal)
    {
        literal = character is '\n' || (character > 127 && _ignoresCase) || char.IsSurrogate(character) ? null : character;
        return Part.One;
    }

    private (int Minimum, int? Maximum) ReadQuantifier()
    {
        if (IsAtEnd)
            return (1, 1);
        (int, int?) quantifier = (1, 1);
        if (TryTake("*"))
            quantifier = (0, null);
        else if (TryTake("+"))
            quantifier = (1, null);
        else if (TryTake("?"))
            quantifier = (0, 1);
        else if (!TryReadBraces(ref quantifier))
            return quantifier;
        TryTake("?");
        return quantifier;
    }

    // {n}, {n,} or {n,m}; other braces stand for themselves.
    private bool TryReadBraces(ref (int, int?) quantifier)
    {
        var position = _position;
        if (TryTake("{") && TryReadNumber(out var minimum))
        {
            int? maximum = minimum;
            if (TryTake(","))
                maximum = TryReadNumber(out var number) ? number : null;
            if (TryTake("}"))
            {
                quantifier = (minimum, maximum);
                return true;
            }
        }
        _position = position;
        return false;
    }

    private bool TryReadNumber(out int number)
    {
        var start = _position;
        while (!IsAtEnd && char.IsAsciiDigit(_pattern[_position]))
            _position++;
        return int.TryParse(_pattern.AsSpan(start, _position - start), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private Part ReadGroup()
    {
        if (!TryTake("?"))
            return ReadGroupBody();
        if (TryTake("=") || TryTake("!") || TryTake("<=") || TryTake("<!"))
        {
            _looksAround = true;
            ReadGroupBody();
            return Part.Empty;
        }
        // A quantifier after a comment belongs to what precedes the comment.
        if (TryTake("#"))
            throw new NotSupportedException();
        if (TryTake("<"))
            SkipTo('>');
        else if (TryTake("'"))
            SkipTo('\'');
        else if (!TryTake(":") && !TryTake(">") && !TryReadOptions())
            return Part.Empty;
        return ReadGroupBody();
    }

    private Part ReadGroupBody()
    {
        var body = ReadAlternation();
        return TryTake(")") ? body : throw new NotSupportedException();
    }

    // True where a body follows: (?i:...), not (?i).
    private bool TryReadOptions()
    {
        while (!IsAtEnd && _pattern[_position] is 'i' or 'm' or 'n' or 's' or '-')
            _ignoresCase |= _pattern[_position++] == 'i';
        if (TryTake(")"))
            return false;
        return TryTake(":") ? true : throw new NotSupportedException();
    }

    private Part ReadEscape(out char? literal)
    {
        literal = null;
        var character = _pattern[_position++];
        switch (character)
        {
            case 'b' or 'B' or 'A' or 'Z' or 'z' or 'G':
                _looksAround = true;
                return Part.Empty;
            case 'w' or 'W' or 's' or 'S' or 'd' or 'D':
                return Part.One;
            case 'p' or 'P':
                SkipTo('}');
                return Part.One;
            case 'k':
                throw new NotSupportedException();
            case >= '0' and <= '9':
                return ReadOctal(character);
            default:
                return Literal(ReadEscaped(character), out literal);
        }
    }

    // Any other number may refer to a group, of any length.
    private Part ReadOctal(char first)
    {
        var start = _position;
        while (!IsAtEnd && char.IsAsciiDigit(_pattern[_position]))
            _position++;
        var digits = _pattern.AsSpan(start, _position - start);
        return first == '0' && digits.Length <= 2 && digits.IndexOfAny('8', '9') < 0 ? Part.One : throw new NotSupportedException();
    }

    private char ReadEscaped(char character) => character switch
    {
        'a' => '\a',
        'e' => '\u001b',
        'f' => '\f',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\v',
        'x' => ReadHexadecimal(2),
        'u' => ReadHexadecimal(4),
        'c' => (char)(char.ToUpperInvariant(_pattern[_position++]) - '@'),
        _ => character,
    };

    private char ReadHexadecimal(int digits)
    {
        var number = ushort.Parse(_pattern.AsSpan(_position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        _position += digits;
        return (char)number;
    }

    private void SkipClass()
    {
        TryTake("^");
        TryTake("]");
        while (!TryTake("]"))
        {
            // A class less another, or [:what POSIX has:].
            if (IsAtEnd || TryTake("-[") || TryTake("[:"))
                throw new NotSupportedException();
            _position += _pattern[_position] == '\\' ? 2 : 1;
        }
    }

    private void SkipTo(char end)
    {
        var index = _pattern.IndexOf(end, _position);
        _position = index < 0 ? throw new NotSupportedException() : index + 1;
    }

    private bool TryTake(string text)
    {
        if (string.CompareOrdinal(_pattern, _position, text, 0, text.Length) != 0)
            return false;
        _position += text.Length;
        return true;
    }

    private static int? Limited(long? length) => length > LongestLength ? null : (int?)length;

    /// <summary>A part of a pattern: its maximum length in characters, and the text it contains.</summary>
    private readonly record struct Part(int? Maximum, RequiredText? Required)
    {
        public static Part Empty => new(0, null);

        public static Part One => new(1, null);
    }
}
