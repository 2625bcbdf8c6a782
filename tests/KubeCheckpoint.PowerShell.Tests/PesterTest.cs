namespace KubeCheckpoint.PowerShell.Tests;

/// <summary>A test that Pester found, or ran.</summary>
/// <param name="File">The name of its file.</param>
/// <param name="Ordinal">Its position among the tests of the file, or -1 for a file that could not be read.</param>
/// <param name="Name">The names of its blocks and its own, with the data of -ForEach.</param>
/// <param name="Result">Pester's result: Passed, Failed, Skipped, NotRun, Inconclusive.</param>
/// <param name="Message">Its errors and those of its blocks, with their position in the script.</param>
internal sealed record PesterTest(string File, int Ordinal, string Name, string Result, string Message);
