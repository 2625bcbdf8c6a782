namespace KubeCheckpoint.Http;

/// <summary>Checks values from outside before they are sent in a header. What is wrong is said without the value, which may be a secret.</summary>
internal static class HeaderText
{
    /// <summary>Servers refuse longer headers.</summary>
    private const int LongestToken = 64 * 1024;

    /// <summary>Whether the text can be sent as a token: visible ASCII characters only.</summary>
    public static bool IsToken(string text) => FindProblem(text) is null;

    /// <summary>What is wrong with a token, to follow "it" in a sentence; null if it can be sent.</summary>
    public static string? FindProblem(string token)
    {
        if (token.Length == 0)
            return "is empty";
        if (token.Length > LongestToken)
            return $"is longer than {LongestToken >> 10} KiB";
        foreach (var character in token)
        {
            switch (character)
            {
                case '\0':
                    return "has a NUL character";
                case '\r' or '\n':
                    return "has a line break in it";
                case ' ' or '\t':
                    return "has a space in it";
                case < ' ' or '\x7f':
                    return "has a control character";
                case > '\x7f':
                    return "has a character that is not ASCII";
            }
        }
        return null;
    }
}
