namespace KubeCheckpoint.PowerShell.Tests;

/// <summary>A test that Pester found, or ran.</summary>
/// <param name="File">The name of its file.</param>
/// <param name="Ordinal">Its place among the tests of the file, or -1 for a file that could not be read.</param>
/// <param name="Name">Its blocks and itself, with the data of -ForEach.</param>
/// <param name="Result">Pester's result: Passed, Failed, Skipped, NotRun, Inconclusive.</param>
/// <param name="Message">Its errors and those of its blocks, with their place in the script.</param>
internal sealed record PesterTest(string File, int Ordinal, string Name, string Result, string Message);
