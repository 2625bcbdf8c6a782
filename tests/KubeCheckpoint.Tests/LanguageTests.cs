using System.Text.RegularExpressions;
using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests;

/// <summary>Phrases that must not occur in help, errors, documentation or code.</summary>
public sealed partial class LanguageTests
{
    private static readonly string[] Extensions = [".cs", ".md", ".txt", ".ps1xml", ".psd1", ".csproj", ".props", ".targets"];

    private static readonly string Root = ModuleSession.Metadata("RepositoryRoot");

    public static TheoryData<string> Folders => ["docs", "en-US", "src"];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Says_it_in_common_words(string folder) =>
        Assert.Empty(Directory.GetFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories).Where(IsText).SelectMany(file => Find(file, Stumbling())));

    [Fact]
    public void Says_it_in_common_words_on_the_pages_at_the_root() =>
        Assert.Empty(Directory.GetFiles(Root, "*.md").SelectMany(file => Find(file, Stumbling()).Concat(Find(file, StumblingInHelp()))));

    [Theory]
    [InlineData("docs/cmdlets")]
    [InlineData("docs")]
    [InlineData("en-US")]
    public void Help_names_commands_and_objects_directly(string folder) =>
        Assert.Empty(Directory.GetFiles(Path.Combine(Root, folder)).Where(IsText).SelectMany(file => Find(file, StumblingInHelp())));

    private static bool IsText(string path) =>
        Extensions.Contains(Path.GetExtension(path)) && !path.Split(Path.DirectorySeparatorChar, '/').Any(part => part is "obj" or "bin");

    private static IEnumerable<string> Find(string path, Regex phrase) => phrase
        .Matches(WhiteSpace().Replace(File.ReadAllText(path), " "))
        .Select(match => $"{Path.GetRelativePath(Root, path)}: {match.Value}");

    // A phrase may continue on the next line, also in a comment.
    [GeneratedRegex(@"\s+(///?\s+)?")]
    private static partial Regex WhiteSpace();

    [GeneratedRegex(
        @"(?-i:\bWithout it:)|\btaken unseen\b|\bnot believed\b|\btaken as they are\b|\bthe words of\b|\bis said\b|\bas the case may be\b|\bma(k|d)es? up for\b"
        + @"|\bbe made up for\b|\bthe door\b|\bgoes on where\b|\bwhat [a-z ]{1,20} is of\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex Stumbling();

    [GeneratedRegex(
        @"\b(comes?|came) back\b|\bheld? against\b|\bwhole or not at all\b|\bin the place of\b|\bas one does\b|\bbrings? \w+ off\b|\bgo(es)? on\b|\bstands? (in|still|beside)\b"
        + @"|\bnobody\b|\baltogether\b|\bbelongs? into\b|\bthat is there already\b|\bwhere it is not there\b|\bsmall letters\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex StumblingInHelp();
}
