using System.Management.Automation;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Engine;

/// <summary>A check of a preflight as a script sees it.</summary>
internal sealed record CheckView(string Name, string Outcome, string Detail, string? Remedy)
{
    /// <summary>The checks of a CheckpointSupport or RestoreSupport.</summary>
    public static IReadOnlyList<CheckView> All(PSObject support) =>
        [.. LanguagePrimitives.GetEnumerable(support.Properties["Checks"].Value).Cast<object>().Select(PSObject.AsPSObject).Select(check => new CheckView(Text(check, "Name")!, Text(check, "Outcome")!, Text(check, "Detail")!, Text(check, "Remedy")))];

    /// <summary>The check with a name.</summary>
    public static CheckView Of(PSObject support, string name) => Assert.Single(All(support), check => check.Name == name);
}
