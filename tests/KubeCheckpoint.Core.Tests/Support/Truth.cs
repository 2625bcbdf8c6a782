using System.Text.Json;
using System.Text.Json.Nodes;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>The files beside the archives in tests/fixtures: what /proc showed just before the checkpoint, and the output of other tools.</summary>
internal static class Truth
{
    /// <summary>The archives for which /proc was recorded.</summary>
    public static TheoryData<string> Archives =>
        [.. Directory.GetFiles(Fixture.Folder, "*.truth.json").Select(path => Path.GetFileName(path)[..^".truth.json".Length]).Order()];

    /// <summary>What /proc showed of the processes, by process ID.</summary>
    public static IReadOnlyDictionary<int, JsonNode> Processes(string archive) =>
        Read(archive + ".truth.json")["processes"]!.AsArray().ToDictionary(process => process!["pid"]!.GetValue<int>(), process => process!);

    /// <summary>The output of <c>checkpointctl inspect --all --format json</c>.</summary>
    public static JsonNode Inspection(string archive) => Read(archive + ".inspect.json")[0]!;

    /// <summary>The output of <c>crit decode</c> for each image, by name.</summary>
    public static JsonNode Decoded(string archive) => Read(archive + ".crit.json");

    /// <summary>The lines that <c>crit x</c> printed for a command such as ps.</summary>
    public static IReadOnlyList<string> Explored(string archive, string word) =>
    [
        .. File.ReadLines(Fixture.PathOf(archive + ".crit-x.txt"))
            .SkipWhile(line => line != "$ crit x checkpoint " + word)
            .Skip(1)
            .TakeWhile(line => !line.StartsWith("[rc=", StringComparison.Ordinal) && !line.StartsWith("Traceback", StringComparison.Ordinal)),
    ];

    public static IReadOnlyList<string> Strings(this JsonNode? node) => [.. node!.AsArray().Select(item => item!.GetValue<string>())];

    public static IReadOnlyList<uint> Numbers(this JsonNode? node) => [.. node!.AsArray().Select(item => item!.GetValue<uint>())];

    private static JsonNode Read(string name) => JsonSerializer.Deserialize<JsonNode>(File.ReadAllBytes(Fixture.PathOf(name)))!;
}
