namespace KubeCheckpoint.Help;

/// <summary>A table in a help topic: its lines in the text that Get-Help shows, and in the Markdown page.</summary>
internal sealed record TopicTable(IReadOnlyList<string> Text, IReadOnlyList<string> Markdown)
{
    private const int Width = 78;

    /// <summary>A text in lines that a console of 80 columns shows whole.</summary>
    /// <param name="text">The text.</param>
    /// <param name="indent">The blanks before each line.</param>
    /// <param name="label">What stands before the first line, instead of its blanks.</param>
    public static IEnumerable<string> Wrap(string text, int indent, string label = "")
    {
        var margin = new string(' ', indent);
        var line = label.PadRight(indent);
        foreach (var word in text.Split(' '))
        {
            if (line.Length > indent && line.Length + 1 + word.Length > Width)
            {
                yield return line;
                line = margin;
            }

            line += line.Length > indent ? " " + word : word;
        }

        yield return line;
    }
}
