using System.Text;

namespace KubeCheckpoint.Cluster.Initialization;

/// <summary>The sections and assignments of a TOML file that the node's script has printed; the values of arrays as they are written.</summary>
/// <param name="Path">The path on the node.</param>
/// <param name="Sections">The parts of the names of its sections.</param>
/// <param name="Entries">The assignments, in their order.</param>
internal sealed record TomlFile(string Path, IReadOnlyList<IReadOnlyList<string>> Sections, IReadOnlyList<TomlEntry> Entries)
{
    /// <summary>Reads lines of a file: section headers, assignments, and the rest of an array that begins on one of them.</summary>
    public static TomlFile Parse(string path, IEnumerable<string> lines)
    {
        var (sections, entries) = (new List<IReadOnlyList<string>>(), new List<TomlEntry>());
        string[] section = [];
        foreach (var line in lines.Select(line => line.Trim()).Where(line => line.Length > 0))
        {
            if (line[0] == '[' && (entries.Count == 0 || entries[^1].IsComplete))
            {
                section = Keys(line.TrimStart('[', ' ').Split("]", 2)[0]);
                sections.Add(section);
            }
            else if (entries.Count > 0 && !entries[^1].IsComplete)
            {
                entries[^1] = entries[^1] with { Text = $"{entries[^1].Text}\n{line}" };
            }
            else if (line.Split('=', 2) is [{ } key, { } text])
            {
                entries.Add(new(path, section, Keys(key)[^1], text.Trim()));
            }
        }

        return new(path, sections, entries);
    }

    /// <summary>The parts of a dotted key, without their quotes.</summary>
    private static string[] Keys(string text)
    {
        var (parts, part, quote) = (new List<string>(), new StringBuilder(), '\0');
        foreach (var letter in text.Trim())
        {
            if (quote != '\0' ? letter == quote : letter is '"' or '\'')
            {
                quote = quote == '\0' ? letter : '\0';
            }
            else if (letter == '.' && quote == '\0')
            {
                parts.Add(part.ToString().Trim());
                part.Clear();
            }
            else
            {
                part.Append(letter);
            }
        }

        return [.. parts, part.ToString().Trim()];
    }
}

/// <summary>An assignment.</summary>
/// <param name="Path">The file.</param>
/// <param name="Section">The parts of the section's name; none for the top level.</param>
/// <param name="Key">The key.</param>
/// <param name="Text">What is after the equals sign.</param>
internal sealed record TomlEntry(string Path, IReadOnlyList<string> Section, string Key, string Text)
{
    /// <summary>Whether an array, if it is one, has ended.</summary>
    public bool IsComplete => !Text.StartsWith('[') || Text.Contains(']', StringComparison.Ordinal);

    /// <summary>A value without quotes and comment.</summary>
    public string Value => Text.Length > 0 && Text[0] is '"' or '\'' && Strings.Count > 0 ? Strings[0] : Text.Split('#')[0].Trim();

    /// <summary>The strings in quotes: one, or those of an array. Comments in an array are left out.</summary>
    public IReadOnlyList<string> Strings
    {
        get
        {
            var strings = new List<string>();
            foreach (var line in Text.Split('\n'))
            {
                for (var at = 0; at < line.Length && line[at] != '#'; at++)
                {
                    if (line[at] is not ('"' or '\''))
                        continue;
                    var end = line.IndexOf(line[at], at + 1);
                    if (end < 0)
                        break;
                    strings.Add(line[(at + 1)..end]);
                    at = end;
                }
            }

            return strings;
        }
    }
}
