using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace KubeCheckpoint;

/// <summary>
/// Text from archives, logs, servers and runtimes, made safe to print: control and format characters, which a terminal would obey,
/// are shown as <c>\u001b</c>.
/// </summary>
public static class TerminalText
{
    private const int ExcerptLength = 200;

    /// <summary>Text on one line: line breaks and tabs are escaped too.</summary>
    /// <param name="text">The text, or null.</param>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Line(string? text) => Escape(text, IsPrintable);

    /// <summary>Text that may have several lines, each ending in a line feed. Tabs are kept.</summary>
    /// <param name="text">The text, or null.</param>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Lines(string? text) => Escape(text?.ReplaceLineEndings("\n"), character => character is '\n' or '\t' || IsPrintable(character));

    /// <summary>A name or pattern to quote in a message: one line, cut after 200 characters.</summary>
    /// <param name="text">The text.</param>
    public static string Excerpt(string text) =>
        text.Length > ExcerptLength ? Line(text[..ExcerptLength]) + "..." : Line(text);

    [return: NotNullIfNotNull(nameof(text))]
    private static string? Escape(string? text, Func<char, bool> isKept) => text is null || text.All(isKept)
        ? text
        : string.Concat(text.Select(character => isKept(character) ? character.ToString() : Escape(character)));

    private static string Escape(char character) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");

    private static bool IsPrintable(char character) => !char.IsControl(character)
        && char.GetUnicodeCategory(character) is not (UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
