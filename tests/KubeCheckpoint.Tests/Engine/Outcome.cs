using System.Management.Automation;

namespace KubeCheckpoint.Tests.Engine;

/// <summary>The output of a script, and its errors.</summary>
internal sealed record Outcome(
    IReadOnlyList<PSObject> Output,
    IReadOnlyList<ErrorRecord> Errors,
    IReadOnlyList<WarningRecord> Warnings,
    RuntimeException? Terminating)
{
    /// <summary>The output of a script, which must have had no errors.</summary>
    public IReadOnlyList<PSObject> Objects
    {
        get
        {
            Assert.True(Terminating is null, Terminating?.ToString());
            Assert.True(Errors.Count == 0, string.Join(Environment.NewLine, Errors.Select(error => $"{error.FullyQualifiedErrorId}: {error} {error.Exception}")));
            return Output;
        }
    }

    public PSObject Single => Assert.Single(Objects);

    /// <summary>The only error, terminating or not.</summary>
    public ErrorRecord Error => Terminating?.ErrorRecord ?? Assert.Single(Errors);

    public string ErrorId => Error.FullyQualifiedErrorId.Split(',')[0];
}
