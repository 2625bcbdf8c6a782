using System.Management.Automation;
using KubeCheckpoint.Archives;

namespace KubeCheckpoint.Parameters;

/// <summary>The parameters that choose processes, for an engine that knows no wildcards.</summary>
internal static class ProcessFilters
{
    /// <summary>What the ids and names leave; all where neither is given.</summary>
    public static ProcessFilter From(int[]? ids, string[]? names)
    {
        var patterns = names?.Select(name => WildcardPattern.Get(name, WildcardOptions.IgnoreCase)).ToArray();
        return (id, name) => (ids is null || ids.Contains(id)) && (patterns is null || patterns.Any(pattern => pattern.IsMatch(name)));
    }
}
