using System.Collections.Concurrent;

namespace KubeCheckpoint.PowerShell.Tests;

/// <summary>Runs each file once, when its first test is requested.</summary>
public sealed class PesterRuns
{
    private readonly ConcurrentDictionary<string, Lazy<Task<IReadOnlyList<PesterTest>>>> _files = new();

    /// <summary>The result of a test, or null if Pester did not run it.</summary>
    internal async Task<PesterTest?> FindAsync(string file, int ordinal)
    {
        var tests = await _files.GetOrAdd(file, static name => new(() => PesterProcess.RunFileAsync(name))).Value;
        return tests.SingleOrDefault(test => test.Ordinal == ordinal);
    }
}
