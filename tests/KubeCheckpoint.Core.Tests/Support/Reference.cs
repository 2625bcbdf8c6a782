using System.Text.Json;
using System.Text.RegularExpressions;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>The files beside the fixtures: what /proc showed, and the output of other tools.</summary>
internal static partial class Reference
{
    private const string TruthEnding = ".truth.json";

    /// <summary>The archives for which /proc was recorded just before the checkpoint.</summary>
    public static TheoryData<string> WithTruth => [.. Directory.GetFiles(Fixture.Folder, "*" + TruthEnding).Select(path => Path.GetFileName(path)[..^TruthEnding.Length]).Order()];

    public static JsonElement Truth(string archive) => Json(archive + TruthEnding);

    /// <summary>The output of checkpointctl.</summary>
    public static JsonElement Inspect(string archive) => Json(archive + ".inspect.json")[0];

    /// <summary>The output of <c>crit x fds</c>, until it crashes at a zombie.</summary>
    public static IEnumerable<(int ProcessId, int Descriptor, string Path)> CritDescriptors(string archive)
    {
        var processId = 0;
        foreach (var line in File.ReadLines(Fixture.PathOf(archive + ".crit-x.txt")).SkipWhile(line => line != "$ crit x checkpoint fds").Skip(1).TakeWhile(line => !line.StartsWith('[')))
        {
            if (int.TryParse(line, out var id))
                processId = id;
            else if (CritDescriptor().Match(line) is { Success: true } match)
                yield return (processId, int.Parse(match.Groups[1].ValueSpan), match.Groups[2].Value);
        }
    }

    private static JsonElement Json(string name) => JsonDocument.Parse(File.ReadAllBytes(Fixture.PathOf(name))).RootElement;

    [GeneratedRegex(@"^\t\s*(\d+): (.*)$")]
    private static partial Regex CritDescriptor();
}
