using System.Globalization;
using System.Text.RegularExpressions;

namespace KubeCheckpoint.Architecture.Tests;

/// <summary>Tests what only the sources show.</summary>
public sealed partial class SourceTests
{
    public static TheoryData<string, string> Projects => new()
    {
        { "src/KubeCheckpoint", "KubeCheckpoint" },
        { "src/KubeCheckpoint.Model", "KubeCheckpoint" },
        { "src/KubeCheckpoint.Core", "KubeCheckpoint" },
        { "src/KubeCheckpoint.Help", "KubeCheckpoint.Help" },
        { "src/KubeCheckpoint.Sandbox", "KubeCheckpoint.Sandbox" },
        { "tests/KubeCheckpoint.Architecture.Tests", "KubeCheckpoint.Architecture.Tests" },
        { "tests/KubeCheckpoint.Benchmarks", "KubeCheckpoint.Benchmarks" },
        { "tests/KubeCheckpoint.Core.Tests", "KubeCheckpoint.Core.Tests" },
        { "tests/KubeCheckpoint.Fuzz", "KubeCheckpoint.Fuzz" },
        { "tests/KubeCheckpoint.PowerShell.Tests", "KubeCheckpoint.PowerShell.Tests" },
        { "tests/KubeCheckpoint.Sandbox.Tests", "KubeCheckpoint.Sandbox.Tests" },
        { "tests/KubeCheckpoint.Tests", "KubeCheckpoint.Tests" },
    };

    [Theory]
    [MemberData(nameof(Projects))]
    public void Namespaces_equal_folders(string folder, string rootNamespace)
    {
        var wrong = (from file in Code.SourcesOf(folder)
                     let declared = Namespace().Match(File.ReadAllText(file))
                     where declared.Success
                     let expected = string.Join('.', ((string[])[rootNamespace, .. FoldersOf(folder, file)]).Where(part => part.Length > 0))
                     where declared.Groups[1].Value != expected
                     select $"{Path.GetRelativePath(Code.Root, file)}: {declared.Groups[1].Value}, not {expected}").ToList();

        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
    }

    [Fact]
    public void Every_project_is_listed()
    {
        var projects = Directory.EnumerateDirectories(Path.Combine(Code.Root, "src"))
            .Concat(Directory.EnumerateDirectories(Path.Combine(Code.Root, "tests")))
            .Where(folder => Code.SourcesOf(folder).Any())
            .Select(folder => Path.GetRelativePath(Code.Root, folder).Replace('\\', '/'));

        Assert.Equal(Projects.Select(row => (string)row[0]).Order(), projects.Order());
    }

    // Elsewhere, what is wrong with the text shows late and as other exceptions.
    [Fact]
    public void Json_is_parsed_in_one_place()
    {
        var elsewhere = from file in Code.SourcesOf("src")
                        where !file.Contains("KubeCheckpoint.Sandbox", StringComparison.Ordinal) && Path.GetFileName(file) != "StrictJson.cs"
                        from line in File.ReadLines(file).Index()
                        where JsonParsing().IsMatch(line.Item)
                        select $"{Path.GetRelativePath(Code.Root, file)}:{line.Index + 1}";

        Assert.Empty(elsewhere.Distinct());
    }

    // The compiler does not enforce max_line_length of .editorconfig.
    [Fact]
    public void Lines_are_not_too_long()
    {
        var editorConfig = File.ReadAllText(Path.Combine(Code.Root, ".editorconfig"));
        var limit = int.Parse(LineLimit().Match(editorConfig).Groups[1].ValueSpan, CultureInfo.InvariantCulture);

        var tooLong = from file in Code.SourcesOf("src")
                      from line in File.ReadLines(file).Index()
                      where line.Item.Length > limit
                      select $"{Path.GetRelativePath(Code.Root, file)}:{line.Index + 1} has {line.Item.Length} characters";

        Assert.Empty(tooLong);
    }

    // The naming rule in .editorconfig cannot tell a sentence from one PascalCase word.
    [Fact]
    public void Test_names_are_sentences()
    {
        var names = Code.SourcesOf("tests").SelectMany(file => TestMethod().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)).ToList();

        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.Matches(Sentence(), name));
    }

    private static string[] FoldersOf(string project, string file) =>
        Path.GetRelativePath(Path.Combine(Code.Root, project), Path.GetDirectoryName(file)!) is var path && path == "." ? [] : path.Split(Path.DirectorySeparatorChar);

    [GeneratedRegex(@"\b(JsonDocument|JsonNode|JsonObject|JsonArray|JsonElement)\.(Try)?Parse|\bJsonSerializer\.Deserialize|new Utf8JsonReader\b")]
    private static partial Regex JsonParsing();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^max_line_length = (\d+)$", RegexOptions.Multiline)]
    private static partial Regex LineLimit();

    [GeneratedRegex(@"\[\w*(?:Fact|Theory)\b[^\n]*\n(?:\s*\[[^\n]*\n)*\s*public (?:static )?(?:async )?(?:Task|void|ValueTask)\s+(\w+)")]
    private static partial Regex TestMethod();

    [GeneratedRegex("^([A-Z][A-Za-z0-9]*(_[a-z0-9][A-Za-z0-9]*)+|[A-Z][a-z0-9]+)$")]
    private static partial Regex Sentence();
}
