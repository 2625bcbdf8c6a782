using System.Collections.Concurrent;

namespace KubeCheckpoint.PowerShell.Tests;

/// <summary>The files that were run: each once, when the first of its tests is asked for.</summary>
public sealed class PesterRuns
{
    private readonly ConcurrentDictionary<string, Lazy<Task<IReadOnlyList<PesterTest>>>> _files = new();

    /// <summary>The test as it was run, or null where Pester did not get to it.</summary>
    internal async Task<PesterTest?> FindAsync(string file, int ordinal)
    {
        var tests = await _files.GetOrAdd(file, static name => new(() => PesterProcess.RunFileAsync(name))).Value;
        return tests.SingleOrDefault(test => test.Ordinal == ordinal);
    }
}
