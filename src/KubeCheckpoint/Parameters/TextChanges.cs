using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace KubeCheckpoint.Parameters;

/// <summary>Labels or annotations as the user gives them: what has a value is set, what is $null goes.</summary>
internal static class TextChanges
{
    public static IReadOnlyDictionary<string, string?> From(IDictionary? changes) => changes is null
        ? new Dictionary<string, string?>()
        : changes.Keys.Cast<object>().ToDictionary(key => key.ToString()!, key => TextOf(changes[key]), StringComparer.Ordinal);

    // A label says true where PowerShell says True.
    private static string? TextOf(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        null => null,
        bool flag => flag ? "true" : "false",
        var other => Convert.ToString(other, CultureInfo.InvariantCulture),
    };
}
