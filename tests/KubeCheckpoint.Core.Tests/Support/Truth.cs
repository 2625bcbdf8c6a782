using System.Text.Json;
using System.Text.Json.Nodes;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>What stands beside the archives of tests/fixtures: what /proc said just before, and what other tools make of them.</summary>
internal static class Truth
{
    /// <summary>The archives whose processes were looked at in /proc.</summary>
    public static TheoryData<string> Archives =>
        [.. Directory.GetFiles(Fixture.Folder, "*.truth.json").Select(path => Path.GetFileName(path)[..^".truth.json".Length]).Order()];

    /// <summary>/proc of the processes, by their id.</summary>
    public static IReadOnlyDictionary<int, JsonNode> Processes(string archive) =>
        Read(archive + ".truth.json")["processes"]!.AsArray().ToDictionary(process => process!["pid"]!.GetValue<int>(), process => process!);

    /// <summary>What <c>checkpointctl inspect --all --format json</c> says.</summary>
    public static JsonNode Inspection(string archive) => Read(archive + ".inspect.json")[0]!;

    /// <summary>The images as <c>crit decode</c> shows them, by their name.</summary>
    public static JsonNode Decoded(string archive) => Read(archive + ".crit.json");

    /// <summary>The lines <c>crit x</c> printed for one of its words, such as ps.</summary>
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
