using System.Management.Automation;

namespace KubeCheckpoint.Parameters;

/// <summary>Names as a user gives them, with or without wildcards, and which of those without nothing had.</summary>
internal class WildcardNames
{
    private readonly Name[]? _names;

    /// <param name="names">The names; null for everything.</param>
    /// <param name="options">Whether case matters.</param>
    /// <param name="normalize">Brings a name into the form that candidates have; null to leave it as it is.</param>
    public WildcardNames(IEnumerable<string>? names, WildcardOptions options = WildcardOptions.IgnoreCase, Func<string, string>? normalize = null) =>
        _names = names?.Select(name => new Name(name, normalize is null ? name : normalize(name), options)).ToArray();

    /// <summary>Names without wildcards that no candidate had so far.</summary>
    public IEnumerable<string> Missing => (_names ?? []).Where(name => !name.HasWildcards && !name.IsFound).Select(name => name.Text).Distinct();

    /// <summary>Whether one of the names is that of the candidate.</summary>
    public bool IsMatch(string candidate)
    {
        if (_names is null)
            return true;
        var isMatch = false;
        foreach (var name in _names)
        {
            if (!IsMatch(name, candidate))
                continue;
            name.IsFound = true;
            isMatch = true;
        }
        return isMatch;
    }

    /// <summary>Whether one name is that of the candidate.</summary>
    private protected virtual bool IsMatch(Name name, string candidate) => name.IsMatch(candidate);

    /// <summary>One of the names.</summary>
    /// <param name="text">The name as the user gave it.</param>
    /// <param name="pattern">The name in the form that candidates have.</param>
    /// <param name="options">Whether case matters.</param>
    private protected sealed class Name(string text, string pattern, WildcardOptions options)
    {
        private readonly WildcardPattern _wildcard = WildcardPattern.Get(pattern, options);

        public string Text => text;

        public string Pattern => pattern;

        public bool HasWildcards { get; } = WildcardPattern.ContainsWildcardCharacters(pattern);

        public bool IsFound { get; set; }

        public bool IsMatch(string candidate) => _wildcard.IsMatch(candidate);
    }
}
