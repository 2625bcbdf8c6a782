using System.Management.Automation;

namespace KubeCheckpoint.Tests.Engine;

/// <summary>Properties of objects as a script reads them.</summary>
internal static class ObjectProperties
{
    /// <summary>The value of a property as text; null if there is none.</summary>
    public static string? Text(PSObject item, string property) => item.Properties[property]?.Value?.ToString();

    /// <summary>The JSON of a property that is a manifest.</summary>
    public static string? Json(PSObject item, string property) => Text(PSObject.AsPSObject(item.Properties[property].Value), "Json");

    /// <summary>The text of each object of an outcome without failures.</summary>
    public static IReadOnlyList<string> Texts(Outcome outcome) => [.. outcome.Objects.Select(item => item.ToString())];

    /// <summary>A property of each object of an outcome without failures, as text.</summary>
    public static IReadOnlyList<string?> Texts(Outcome outcome, string property) => [.. outcome.Objects.Select(item => Text(item, property))];
}
