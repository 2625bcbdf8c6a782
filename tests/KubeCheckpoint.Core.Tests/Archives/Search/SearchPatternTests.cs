using KubeCheckpoint.Archives.Search;
using KubeCheckpoint.Core.Tests.Support;
using static KubeCheckpoint.Core.Tests.Archives.Search.MemoryLayout;

namespace KubeCheckpoint.Core.Tests.Archives.Search;

/// <summary>Tests what patterns mean, and which are refused.</summary>
public sealed class SearchPatternTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("straße", "STRASSE Straße STRAßE", 2)]
    [InlineData("ÉTÉ", "été Été ete", 2)]
    [InlineData("σ", "Σσ", 2)]
    [InlineData("token", "TOKEN Token t0ken", 2)]
    public void Case_does_not_matter_beyond_ascii_either(string pattern, string memory, int count)
    {
        var path = new MemoryLayout().Private(1, 0x10000, Page(memory)).Save(_folder);

        Assert.Equal(count, Searching.Find(path, Searching.Text(pattern, caseSensitive: false)).Count);
        Assert.Equal(count, Searching.Find(path, Searching.Expression(pattern, caseSensitive: false)).Count);
    }

    [Theory]
    [InlineData("pass=\\S+", "pass=sécret\0other", "pass=sécret")]
    [InlineData("^user: .*$", "x\0user: anna\0y", "user: anna")]
    [InlineData("a.c", "a€c", "a€c")]
    [InlineData("[^a]z", "\U0001F600z", "\U0001F600z")]
    [InlineData("a\\0b", "a\0b", "a\0b")]
    [InlineData("(\\w)\\1\\d", "oo7", "oo7")]
    [InlineData("(?<=key=)[0-9a-f]+(?=;)", "key=beef;", "beef")]
    [InlineData("AKIA[0-9A-Z]{16}", "AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE")]
    [InlineData("x(?:ab|cd)+y", "xabcdaby", "xabcdaby")]
    public void Memory_is_text_to_an_expression(string pattern, string memory, string match)
    {
        var path = new MemoryLayout().Private(1, 0x10000, Page(memory)).Save(_folder);

        Assert.Equal(match, Assert.Single(Searching.Find(path, Searching.Expression(pattern))).Match);
    }

    [Fact]
    public void Bytes_that_are_not_text_do_not_hide_text()
    {
        var page = Page();
        byte[] content = [0xC3, 0x28, 0xFF, .. "né"u8, 0xE2, 0x82, .. "né!"u8];
        content.CopyTo(page, 0);
        var path = new MemoryLayout().Private(1, 0x10000, page).Save(_folder);

        Assert.Equal([0x10003UL, 0x10008UL], Searching.Find(path, Searching.Expression("n[é]")).Select(match => match.Address));
        Assert.Equal([0x10000UL], Searching.Find(path, Searching.Expression(@"\xC3\(\xFF", MemoryEncoding.Latin1)).Select(match => match.Address));
    }

    [Fact]
    public void Bytes_are_found_as_they_are()
    {
        var page = Page();
        byte[] code = [0x90, 0x90, 0x00, 0xCC, 0xEB, 0xFE];
        code.CopyTo(page, 4090);
        var path = new MemoryLayout().Private(1, 0x10000, page, Page("x")).Save(_folder);

        var match = Assert.Single(Searching.Find(path, new MemorySearchOptions { Bytes = [0x00, 0xCC, 0xEB, 0xFE, (byte)'x'] }));

        Assert.Equal((0x10ffcUL, 5, "00CCEBFE78", MemoryEncoding.Latin1), (match.Address, match.Length, match.Pattern, match.Encoding));
        Assert.Equal("\0\u00CC\u00EB\u00FEx", match.Match);
    }

    [Fact]
    public void Wide_text_is_found_at_even_and_odd_addresses()
    {
        var page = Page();
        System.Text.Encoding.Unicode.GetBytes("Geheim").CopyTo(page, 100);
        System.Text.Encoding.Unicode.GetBytes("geheiM").CopyTo(page, 201);
        var path = new MemoryLayout().Private(1, 0x10000, page).Save(_folder);

        Assert.Equal([0x10064UL, 0x100c9UL], Searching.Find(path, new MemorySearchOptions { Patterns = ["GEHEIM"] }).Select(match => match.Address));
        var found = Searching.Find(path, new MemorySearchOptions { Patterns = ["geh[e]im"] });
        Assert.Equal([(0x10064UL, "Geheim"), (0x100c9UL, "geheiM")], found.Select(match => (match.Address, match.Match)));
        Assert.All(found, match => Assert.Equal(MemoryEncoding.Utf16, match.Encoding));
    }

    [Fact]
    public void Several_patterns_come_in_the_order_of_addresses()
    {
        var path = new MemoryLayout().Private(1, 0x10000, Page("beta alpha gamma beta")).Save(_folder);

        var found = Searching.Find(path, new MemorySearchOptions { Patterns = ["alpha", "be.a", "ALPHA|gamma"] });

        Assert.Equal(["be.a beta", "alpha alpha", "ALPHA|gamma alpha", "ALPHA|gamma gamma", "be.a beta"], found.Select(match => $"{match.Pattern} {match.Match}"));
    }

    [Fact]
    public void A_match_without_an_end_is_cut_and_searched_on()
    {
        var pages = Enumerable.Range(0, 40).Select(_ => System.Text.Encoding.ASCII.GetBytes(new string('x', PageSize))).ToArray();
        var path = new MemoryLayout().Private(1, 0x10000, pages).Save(_folder);

        var found = Searching.Find(path, Searching.Expression("[^y]+"));

        Assert.Equal([65536, 65536, 40 * PageSize - 2 * 65536], found.Select(match => match.Length));
        Assert.Equal([0x10000UL, 0x20000UL, 0x30000UL], found.Select(match => match.Address));
    }

    [Theory]
    [InlineData("a(", "SearchPatternInvalid")]
    [InlineData(")", "SearchPatternInvalid")]
    [InlineData("[z-a]", "SearchPatternInvalid")]
    [InlineData("a*", "SearchPatternMatchesEmpty")]
    [InlineData("(?:)|x", "SearchPatternMatchesEmpty")]
    [InlineData("", "SearchPatternMatchesEmpty")]
    public void Invalid_patterns_are_refused(string pattern, string errorId)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => MemorySearch.Create(Searching.Expression(pattern)));

        Assert.Equal((errorId, FailureCategory.InvalidArgument), (failure.ErrorId, failure.Category));
    }

    [Fact]
    public void Empty_matches_do_not_count()
    {
        var path = new MemoryLayout().Private(1, 0x10000, Page("key=value")).Save(_folder);

        Assert.Empty(Searching.Find(path, Searching.Expression("(?=key)")));
        Assert.Equal(["key"], Searching.Find(path, Searching.Expression("(?=value)|key")).Select(match => match.Match));
    }

    [Fact]
    public void Half_a_character_cannot_be_searched_for() =>
        Assert.Equal("SearchPatternInvalid", Assert.Throws<KubeCheckpointException>(() => MemorySearch.Create(Searching.Text("\uD800"))).ErrorId);

    [Fact]
    public void Characters_outside_latin1_cannot_be_searched_for_in_it() =>
        Assert.Equal("SearchPatternInvalid", Assert.Throws<KubeCheckpointException>(() => MemorySearch.Create(Searching.Text("€", MemoryEncoding.Latin1))).ErrorId);
}
