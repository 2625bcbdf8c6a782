using System.Text.Json;
using System.Text.RegularExpressions;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>What stands beside the fixtures: what /proc said, and what other tools make of the archives.</summary>
internal static partial class Reference
{
    private const string TruthEnding = ".truth.json";

    /// <summary>The archives that /proc was asked for just before.</summary>
    public static TheoryData<string> WithTruth => [.. Directory.GetFiles(Fixture.Folder, "*" + TruthEnding).Select(path => Path.GetFileName(path)[..^TruthEnding.Length]).Order()];

    public static JsonElement Truth(string archive) => Json(archive + TruthEnding);

    /// <summary>checkpointctl's answer.</summary>
    public static JsonElement Inspect(string archive) => Json(archive + ".inspect.json")[0];

    /// <summary>What <c>crit x fds</c> prints, as far as it gets: it dies of zombies.</summary>
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
