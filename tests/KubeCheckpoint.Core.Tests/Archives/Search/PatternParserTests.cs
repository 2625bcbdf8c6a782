using System.Text.RegularExpressions;
using KubeCheckpoint.Archives.Search;

namespace KubeCheckpoint.Core.Tests.Archives.Search;

/// <summary>What the parser states about a pattern is true for all its matches.</summary>
public sealed class PatternParserTests
{
    [Theory]
    [InlineData("abc", "abc", 0, 3)]
    [InlineData("password=\\S+", "password=", 0, null)]
    [InlineData("AKIA[0-9A-Z]{16}", "AKIA", 0, 20)]
    [InlineData("[a-z]{1,8}@example\\.com", "@example.com", 8, 20)]
    [InlineData("\\w+@example", "@example", null, null)]
    [InlineData("ab?cde", "cde", 2, 5)]
    [InlineData("ab+c", "ab", 0, null)]
    [InlineData("x*yz", "yz", null, null)]
    [InlineData("(?:ht|f)tps?://", "://", 5, 8)]
    [InlineData("GET|POST|PUT", "GET|POST|PUT", 0, 4)]
    [InlineData("(?<name>key)(?=x)=[^\\]]", "key", 0, 5)]
    [InlineData("a(?=b)c", "ac", 0, 2)]
    [InlineData("a\\x41\\tb", "aA\tb", 0, 4)]
    [InlineData("foo|b*", null, null, null)]
    [InlineData("[ab]c?", null, null, 2)]
    [InlineData("a(?#no)*bcd", null, null, null)]
    [InlineData("(a)\\1bc", null, null, null)]
    [InlineData("(?x)a b c", null, null, null)]
    [InlineData("x{0}y", "y", 0, 1)]
    [InlineData("a{2,3}b{x", "b{x", 3, 6)]
    public void Knows_what_matches_contain(string pattern, string? texts, int? reach, int? length)
    {
        var shape = PatternParser.Parse(pattern, false);

        Assert.Equal(texts, shape.Required is { } required ? string.Join('|', required.Texts) : null);
        Assert.Equal((reach, length), (shape.Required?.Reach, shape.MaximumLength));
    }

    [Fact]
    public void Is_right_about_random_patterns()
    {
        string[] parts = ["a", "b", "ab", "c", ".", "[ab]", "[^a-]", "\\w", "\\d", "\\x61", "(", ")", "|", "*", "+", "?", "{1,2}", "{2}", "^", "$", "\\b", "(?:", "(?i:", "(?=", "\\.", "-", "B", "{", "\\1", "(?<n>", "[]a]", "[\\]b]"];
        var random = new Random(11);
        var known = 0;
        for (var i = 0; i < 60_000; i++)
        {
            var pattern = string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(_ => parts[random.Next(parts.Length)]));
            if (TryCompile(pattern) is not { } regex)
                continue;
            var shape = PatternParser.Parse(pattern, false);
            var text = string.Concat(Enumerable.Range(0, 40).Select(_ => "abABc1-."[random.Next(8)]));
            foreach (Match match in regex.Matches(text))
            {
                known += shape.Required is null ? 0 : 1;
                Assert.True(match.Length <= (shape.MaximumLength ?? int.MaxValue), $"{pattern}: '{match.Value}' is longer than {shape.MaximumLength}");
                Assert.True(shape.Required is null || Holds(match.Value, shape), $"{pattern}: '{match.Value}' holds none of {string.Join('|', shape.Required?.Texts ?? [])} up to {shape.Required?.Reach}");
            }
        }
        Assert.True(known > 5000, $"Only {known} matches were of patterns of which something is known.");
    }

    private static bool Holds(string match, PatternShape shape) => shape.Required!.Texts.Any(text =>
        match.IndexOf(text, shape.IgnoresCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal) is >= 0 and var place && place <= (shape.Required.Reach ?? int.MaxValue));

    private static Regex? TryCompile(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.Multiline, TimeSpan.FromSeconds(5));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
