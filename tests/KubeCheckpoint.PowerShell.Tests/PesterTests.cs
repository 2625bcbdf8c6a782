// One pwsh at a time: other test projects run in parallel, and their tests of completion and cancellation are sensitive to load.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace KubeCheckpoint.PowerShell.Tests;

/// <summary>The Pester tests of tests/Pester.</summary>
/// <param name="runs">Runs their files.</param>
public sealed class PesterTests(PesterRuns runs) : IClassFixture<PesterRuns>
{
    [PesterFact]
    public async Task Passes(string file, int ordinal, string name)
    {
        var test = await runs.FindAsync(file, ordinal);
        Assert.True(test is not null, $"'{name}' was found, but Pester did not run it.");
        Assert.True(test.Name == name, $"'{name}' was found, but '{test.Name}' was run in its place.");
        Assert.True(test.Result == "Passed", $"{test.Result}: {test.Message}");
    }
}
