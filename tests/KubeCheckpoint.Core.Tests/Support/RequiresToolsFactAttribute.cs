namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>A test with real programs. Without them it is skipped with the reason; in CI (<c>CI=true</c>) it runs and fails.</summary>
internal sealed class RequiresToolsFactAttribute : FactAttribute
{
    public RequiresToolsFactAttribute(params string[] tools) => Skip = Tools.WhyMissing(tools);
}

/// <inheritdoc cref="RequiresToolsFactAttribute"/>
internal sealed class RequiresToolsTheoryAttribute : TheoryAttribute
{
    public RequiresToolsTheoryAttribute(params string[] tools) => Skip = Tools.WhyMissing(tools);
}
