using System.Globalization;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Search;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Search;

/// <summary>Searches real archives: what a program put into its memory is found where /proc showed it.</summary>
public sealed class SearchFixtureTests
{
    private const string Zoo = "zoo-crio.tar";

    public static TheoryData<string> Needles =>
        [.. Reference.Truth(Zoo).GetProperty("known_from_source").GetProperty("needles").EnumerateArray().Select(needle => needle.GetString()!)];

    [Theory]
    [MemberData(nameof(Needles))]
    public void Every_string_is_found_where_it_was(string needle)
    {
        var found = Searching.Find(Fixture.PathOf(Zoo), Searching.Text(needle, MemoryEncoding.Both));

        var expected = Hits(needle).ToList();
        Assert.Equal(expected.Order(), found.Select(match => (match.ProcessId, match.Address, match.Encoding)).Order());
        Assert.All(found, match => Assert.Equal((needle, needle), (match.Match, match.Pattern)));
    }

    [Theory]
    [MemberData(nameof(Needles))]
    public void An_expression_finds_the_same(string needle)
    {
        var options = Searching.Expression(needle[..^2] + "[" + needle[^2] + "]" + needle[^1], MemoryEncoding.Both);

        Assert.Equal(Hits(needle).Order(), Searching.Find(Fixture.PathOf(Zoo), options).Select(match => (match.ProcessId, match.Address, match.Encoding)).Order());
    }

    [Fact]
    public void A_match_has_its_place()
    {
        var match = Assert.Single(Searching.Find(Fixture.PathOf(Zoo), Searching.Text("KC-MEMFD-MAPPED")));

        Assert.Equal(("/memfd:zoo-memfd", "rw-s", 1, "zoo-main"), (match.Map, match.Permissions, match.ProcessId, match.ProcessName));
        Assert.Equal((0x7eff37411000UL, 0x7eff3740f000UL, 15), (match.Address, match.MapStart, match.Length));
        Assert.StartsWith("KC-MEMFD-MAPPED", match.Context.TrimStart('.'), StringComparison.Ordinal);
        Assert.Equal("KC-MEMFD-MAPPED"u8.ToArray(), match.Bytes);
        Assert.Equal(match.Bytes, ReadMember(Fixture.PathOf(Zoo), match.PagesFile, match.Offset, match.Length));
    }

    [Fact]
    public void Maps_are_named_as_in_proc()
    {
        var maps = new Dictionary<string, string>
        {
            ["KC-READONLY-needle"] = "[anon] r--p",
            ["KC-PROTNONE-needle"] = "[anon] ---p",
            ["KC-RWX-needle-0xCAFEBABE"] = "[anon] rwxp",
            ["KC-COW-needle-1313"] = "/etc/zoo-private.dat rw-p",
            ["KC-CHILD-only-needle-31"] = "[heap] rw-p",
            ["hunter2"] = "[stack] rw-p",
            ["KC-SHARED-7731"] = "[shmem] rw-s",
        };

        Assert.All(maps, pair => Assert.All(
            Searching.Find(Fixture.PathOf(Zoo), Searching.Text(pair.Key)),
            match => Assert.Equal(pair.Value, $"{match.Map} {match.Permissions}")));
    }

    [Fact]
    public void Processes_and_maps_narrow_the_search()
    {
        var all = Searching.Find(Fixture.PathOf(Zoo), Searching.Text("KC-HEAP-needle-4242"));
        var one = Searching.Find(Fixture.PathOf(Zoo), Searching.Text("KC-HEAP-needle-4242"), new MemorySearchScope((id, _) => id == 8, name => name == "[heap]"));

        Assert.Equal(all.Where(match => match.ProcessId == 8 && match.Map == "[heap]").Select(match => match.Address), one.Select(match => match.Address));
        Assert.NotEmpty(one);
        Assert.True(one.Count < all.Count);
    }

    [Theory]
    [InlineData("delta-before-podman.tar.zst", "KC-DELTA-state:before", "KC-AFTER-heap-needle")]
    [InlineData("delta-after-podman.tar.zst", "KC-DELTA-state:after!", "KC-DELTA-state:before")]
    public void Compressed_archives_are_searched_as_plain_ones(string archive, string there, string gone)
    {
        var needle = there;
        Assert.Equal(Hits(needle, archive).Order(), Searching.Find(Fixture.PathOf(archive), Searching.Text(there, MemoryEncoding.Both)).Select(match => (match.ProcessId, match.Address, match.Encoding)).Order());
        Assert.Equal(Hits(gone, archive).Order(), Searching.Find(Fixture.PathOf(archive), Searching.Text(gone, MemoryEncoding.Both)).Select(match => (match.ProcessId, match.Address, match.Encoding)).Order());
    }

    [Theory]
    [InlineData("crio-counter.tar", "SECRET_SAMPLE")]
    [InlineData("containerd-counter.tar", "SECRET_SAMPLE")]
    [InlineData("podman-counter-gzip.tar.gz", "container")]
    [InlineData("podman-counter-zstd.tar.zst", "container")]
    public void A_variable_of_the_environment_is_found_on_the_stack_and_ends_where_it_ends(string archive, string name)
    {
        var path = Fixture.PathOf(archive);
        var secret = Searching.Find(path, Searching.Expression($@"^{name}=\S+$", MemoryEncoding.Both));

        Assert.Contains(secret, match => match.Map == "[stack]" && match.ProcessId == 1);
        Assert.All(secret, match => Assert.Matches($"^{name}=(s3cr3t-in-env|podman)$", match.Match));
    }

    private static IEnumerable<(int ProcessId, ulong Address, MemoryEncoding Encoding)> Hits(string needle, string archive = Zoo)
    {
        var shared = new HashSet<ulong>();
        foreach (var process in Reference.Truth(archive).GetProperty("processes").EnumerateArray())
        {
            foreach (var hit in process.GetProperty("needle_hits").EnumerateArray().Where(hit => hit.GetProperty("needle").GetString() == needle))
            {
                var address = ulong.Parse(hit.GetProperty("address").GetString()![2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                var place = hit.GetProperty("in_archive").GetString()!;
                var isShared = place.StartsWith("pagemap-shmem", StringComparison.Ordinal);
                // Shared memory counts for the first process that maps it.
                if ((isShared && shared.Add(address)) || place == "pages of this process")
                    yield return (process.GetProperty("pid").GetInt32(), address, hit.GetProperty("encoding").GetString() == "bytes" ? MemoryEncoding.Utf8 : MemoryEncoding.Utf16);
            }
        }
    }

    private static byte[] ReadMember(string path, string name, long offset, int length)
    {
        using var archive = ArchiveFile.Open(path);
        var member = archive.ReadIndex(CancellationToken.None).Single(member => member.Name == name);
        return archive.ReadMember(member).AsSpan((int)offset, length).ToArray();
    }
}
