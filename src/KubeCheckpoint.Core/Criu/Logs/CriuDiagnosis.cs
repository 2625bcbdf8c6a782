namespace KubeCheckpoint.Criu.Logs;

/// <summary>What messages in CRIU's log mean, and what to do about them.</summary>
/// <param name="Source">The file of CRIU's source that prints them; empty for those that many files print.</param>
/// <param name="Messages">The messages, with <c>*</c> for what varies. They may be part of a longer message.</param>
/// <param name="Cause">What they mean.</param>
/// <param name="Remedy">What to do.</param>
/// <param name="Kind">Whether they report a cause.</param>
internal sealed record CriuDiagnosis(
    string Source, string[] Messages, string Cause, string Remedy, CriuMessageKind Kind = CriuMessageKind.Cause)
{
    private readonly string[][] _phrases = [.. Messages.Select(message => message.Split('*', StringSplitOptions.RemoveEmptyEntries))];

    public bool Fits(string message) => Array.Exists(_phrases, phrases => Contains(message, phrases));

    private static bool Contains(string message, string[] phrases)
    {
        var at = 0;
        foreach (var phrase in phrases)
        {
            var found = message.IndexOf(phrase, at, StringComparison.Ordinal);
            if (found < 0)
                return false;
            at = found + phrase.Length;
        }

        return true;
    }
}

/// <summary>What a message reports.</summary>
internal enum CriuMessageKind
{
    /// <summary>Why CRIU failed.</summary>
    Cause,

    /// <summary>Why CRIU failed, for a reason that passes by itself: the same dump may succeed a moment later.</summary>
    PassingCause,

    /// <summary>That CRIU failed, for a reason in an earlier message.</summary>
    Consequence,

    /// <summary>What also appears in the logs of successful dumps.</summary>
    Harmless,
}
