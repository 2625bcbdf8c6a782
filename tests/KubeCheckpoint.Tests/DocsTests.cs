using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text.RegularExpressions;
using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests;

/// <summary>The pages of docs/ that the build generates. A build outside CI updates them.</summary>
public sealed partial class DocsTests
{
    private static readonly string Generated = ModuleSession.Metadata("DocsOutput");
    private static readonly string Committed = Path.Combine(ModuleSession.Metadata("RepositoryRoot"), "docs");

    public static TheoryData<string> Pages =>
        [.. Directory.GetFiles(Generated, "*.md", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Generated, path))];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_is_current(string page) =>
        Assert.Equal(File.ReadAllLines(Path.Combine(Generated, page)), File.ReadAllLines(Path.Combine(Committed, page)));

    [Fact]
    public void Every_page_of_a_cmdlet_belongs_to_a_cmdlet() => Assert.Equal(FileNames(Generated), FileNames(Committed));

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_lead_to_a_file(string page)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Committed, page))!;
        var targets = File.ReadAllText(Path.Combine(Committed, page)).Split("](").Skip(1).Select(rest => rest.Split(')')[0]).ToList();
        Assert.All(
            targets.Where(target => !target.StartsWith("https://", StringComparison.Ordinal)),
            target => Assert.True(File.Exists(Path.Combine(folder, target)), target));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Examples_parse_and_use_parameters_that_exist(string page) => AssertExamples(Path.Combine(Committed, page));

    [Fact]
    public void Examples_of_the_readme_parse_and_use_parameters_that_exist() => AssertExamples(Path.Combine(Committed, "..", "README.md"));

    /// <summary>Each promise of the threat model names the tests that hold it.</summary>
    [Fact]
    public void Promises_of_the_threat_model_are_held_by_tests_that_exist()
    {
        var text = File.ReadAllText(Path.Combine(Committed, "threat-model.md"));
        var promises = text.Split("\n### ").Skip(1).Select(promise => promise.Split("\n## ")[0]).ToList();
        var sources = Directory.EnumerateFiles(Path.Combine(Committed, "..", "tests"), "*Tests.cs", SearchOption.AllDirectories);
        var classes = sources.Select(path => Path.GetFileNameWithoutExtension(path)).ToHashSet();
        Assert.Equal(9, promises.Count);
        Assert.All(promises, promise =>
        {
            var tests = TestClass().Matches(promise[promise.IndexOf("Held by", StringComparison.Ordinal)..]).Select(match => match.Groups["name"].Value).ToList();
            Assert.NotEmpty(tests);
            Assert.All(tests, name => Assert.Contains(name, classes));
        });
    }

    private static void AssertExamples(string path)
    {
        using var session = new ModuleSession();
        var commands = session.Run("Get-Command -Module KubeCheckpoint").Objects.Select(item => (CommandInfo)item.BaseObject).ToDictionary(command => command.Name);
        foreach (Match example in Example().Matches(File.ReadAllText(path)))
        {
            var script = Parser.ParseInput(example.Groups["code"].Value, out _, out var errors);
            Assert.Empty(errors);
            foreach (var call in script.FindAll(ast => ast is CommandAst, searchNestedScriptBlocks: true).Cast<CommandAst>())
            {
                if (commands.GetValueOrDefault(call.GetCommandName() ?? string.Empty) is not { } command)
                    continue;
                var names = command.Parameters.Values.SelectMany(parameter => parameter.Aliases.Append(parameter.Name)).ToList();
                Assert.All(
                    call.CommandElements.OfType<CommandParameterAst>(),
                    used => Assert.Contains(used.ParameterName, names, StringComparer.OrdinalIgnoreCase));
            }
        }
    }

    private static IEnumerable<string?> FileNames(string docs) => Directory.GetFiles(Path.Combine(docs, "cmdlets")).Select(Path.GetFileName).Order();

    [GeneratedRegex(@"`(?<name>\w+Tests)`")]
    private static partial Regex TestClass();

    [GeneratedRegex(@"^```powershell\r?\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Example();
}
