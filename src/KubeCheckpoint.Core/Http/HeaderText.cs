namespace KubeCheckpoint.Http;

/// <summary>Checks values from outside before they are sent in a header. Failures describe what is wrong without the value, which may be a secret.</summary>
internal static class HeaderText
{
    /// <summary>Servers refuse longer headers.</summary>
    private const int LongestToken = 64 * 1024;

    /// <summary>What is wrong with a token, as a clause; null if it can be sent: it is made of visible ASCII characters only.</summary>
    public static string? FindProblem(string token)
    {
        if (token.Length == 0)
            return "it is empty";
        if (token.Length > LongestToken)
            return $"it is longer than {LongestToken >> 10} KiB";
        foreach (var character in token)
        {
            switch (character)
            {
                case '\0':
                    return "it has a NUL character";
                case '\r' or '\n':
                    return "it has a line break in it";
                case ' ' or '\t':
                    return "it has a space in it";
                case < ' ' or '\x7f':
                    return "it has a control character";
                case > '\x7f':
                    return "it has a character that is not ASCII";
            }
        }
        return null;
    }
}
