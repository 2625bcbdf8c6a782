using System.Text;

namespace KubeCheckpoint.Help;

/// <summary>Text of a help topic.</summary>
internal static class TopicText
{
    private const int Width = 78;

    /// <summary>Appends words in lines of the width that topics have.</summary>
    /// <param name="topic">What to append to.</param>
    /// <param name="indent">How far the lines stand in.</param>
    /// <param name="text">The words.</param>
    public static void AppendWrapped(StringBuilder topic, int indent, string text)
    {
        var line = new StringBuilder();
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && indent + line.Length + 1 + word.Length > Width)
            {
                topic.Append(' ', indent).Append(line).AppendLine();
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : string.Empty).Append(word);
        }

        topic.Append(' ', indent).Append(line).AppendLine();
    }
}
