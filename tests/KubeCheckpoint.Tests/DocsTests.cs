using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests;

/// <summary>The pages of docs/ that the build generates. A build outside CI brings them up to date.</summary>
public sealed class DocsTests
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

    private static IEnumerable<string?> FileNames(string docs) => Directory.GetFiles(Path.Combine(docs, "cmdlets")).Select(Path.GetFileName).Order();
}
