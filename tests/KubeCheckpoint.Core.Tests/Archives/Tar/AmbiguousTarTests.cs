using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Core.Tests.Archives.Tar.Readings;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Tar;

/// <summary>What programs read in different ways is refused by name and offset: each kind that was found.</summary>
public sealed class AmbiguousTarTests
{
    private const string Damaged = "ArchiveDamaged";

    private static readonly Dictionary<string, (string ErrorId, string Message, Func<TarBuilder, TarBuilder> Make)> All = new()
    {
        ["an unknown type with data"] = ("TarFormatNotSupported", "in member 'x' at offset 1024: the type '+' is none of a file, folder, link or device", tar => tar.Add("x", new byte[512], '+')),
        ["a volume label"] = ("TarFormatNotSupported", "in member 'x' at offset 1024: the type 'V'", tar => tar.Add("x", "", 'V')),
        ["a reserved type"] = ("TarFormatNotSupported", "in member 'x' at offset 1024: the type '7'", tar => tar.Add("x", "", '7')),
        ["a path beside a long name"] = (Damaged, "in member 'p' at offset 2048: the name 'l' is in a long name of GNU tar, and another one in a PAX header", tar => tar.Pax("path=p").Add("@", "l\0", 'L').Add("x", "")),
        ["a linkpath beside a long link"] = (Damaged, "at offset 2048: the link to 'l' is in a long link", tar => tar.Pax("linkpath=p").Add("@", "l\0", 'K').Link("x", "y", '2')),
        ["a slash only in the long name"] = (Damaged, "in member 'old' at offset 2048: its header describes a file, and its long name a folder", tar => tar.Add("@", "old/\0", 'L').Add("old", "", '\0')),
        ["a slash only in the header"] = (Damaged, "in member 'new' at offset 2048: its header describes a file", tar => tar.Pax("path=new").Add("old/", "", '\0')),
        ["a file with the name of a folder"] = (Damaged, "in member 'x' at offset 1024: it has the name of a folder", tar => tar.Add("x/", "")),
        ["a folder with data"] = (Damaged, "in member 'x' at offset 1024: it is a folder with data", tar => tar.Add("x", "data", '5')),
        ["a link with data"] = (Damaged, "in member 'x' at offset 1024: it is a link with data", tar => tar.Add("x", "data", '2')),
        ["a hard link with data"] = (Damaged, "in member 'x' at offset 1024: it is a link with data", tar => tar.Add("x", "data", '1')),
        ["a device with data"] = (Damaged, "in member 'x' at offset 1024: it is a device with data", tar => tar.Add("x", "data", '3')),
        ["a link with a size in PAX"] = (Damaged, "in member 'x' at offset 2048: it is a link with data", tar => tar.Pax("size=512").Link("x", "first", '2')),
        ["two PAX headers"] = (Damaged, "in member 'a' at offset 2048: there are two PAX headers before one member", tar => tar.Pax("path=a").Pax("path=b").Add("x", "")),
        ["two long names"] = (Damaged, "in member 'a' at offset 2048: there are two headers with a long name", tar => tar.Add("@", "a\0", 'L').Add("@", "b\0", 'L').Add("x", "")),
        ["two long links"] = (Damaged, "at offset 2048: there are two headers with a long link", tar => tar.Add("@", "a\0", 'K').Add("@", "b\0", 'K').Link("x", "y", '2')),
        ["an empty long name"] = (Damaged, "at offset 1024: a header with a long name is empty", tar => tar.Add("@", "\0", 'L').Add("x", "")),
        ["a long name with text behind its end"] = (Damaged, "at offset 1024: a long name continues after its end", tar => tar.Add("@", "a\0b", 'L').Add("x", "")),
        ["a long name that continues in the padding"] = (Damaged, "at offset 1024: a long name continues after its end", tar => tar.Header("@", TarBuilder.Octal(1), 'L').Data([.. "ab\0"u8]).Add("x", "")),
        ["a PAX header without a member"] = (Damaged, "in member 'a' at offset 1024: there is no member after this header", tar => tar.Pax("path=a")),
        ["a long name without a member"] = (Damaged, "in member 'a' at offset 1024: there is no member after this header", tar => tar.Add("@", "a\0", 'L')),
        ["a global header between"] = (Damaged, "in member 'a' at offset 2048: a global header is between a member and its headers", tar => tar.Pax("path=a").Add("g", "12 comment=\n", 'g').Add("x", "")),
        ["a global time"] = (Damaged, "at offset 1024: a global header describes members", tar => tar.Add("g", "11 mtime=1\n", 'g').Add("x", "")),
        ["a global attribute"] = (Damaged, "at offset 1024: a global header describes members", tar => tar.Add("g", "20 SCHILY.xattr.a=b\n", 'g').Add("x", "")),
        ["a path twice"] = (Damaged, "at offset 1024: a PAX header has 'path' twice", tar => tar.Pax("path=a", "path=b").Add("x", "")),
        ["an attribute twice"] = (Damaged, "at offset 1024: a PAX header has 'SCHILY.xattr.a' twice", tar => tar.Pax("SCHILY.xattr.a=a", "SCHILY.xattr.a=b").Add("x", "")),
        ["an empty path"] = (Damaged, "at offset 1024: a PAX header has no value for 'path'", tar => tar.Pax("path=").Add("x", "")),
        ["an empty size"] = (Damaged, "at offset 1024: a PAX header has no value for 'size'", tar => tar.Pax("size=").Add("x", "")),
        ["a zero byte in a path"] = (Damaged, "at offset 1024: a PAX header is malformed", tar => tar.Pax("path=a\0b").Add("x", "")),
        ["a zero byte in a key"] = (Damaged, "at offset 1024: a PAX header is malformed", tar => tar.Pax("a\0b=c").Add("x", "")),
        ["a size with a sign"] = (Damaged, "at offset 1024: a PAX header is malformed", tar => tar.Pax("size=+0").Add("x", "")),
        ["a time that is none"] = (Damaged, "at offset 1024: a PAX header is malformed", tar => tar.Pax("mtime=1e5").Add("x", "")),
        ["a sign in the length of a record"] = (Damaged, "at offset 1024: a PAX header is malformed", tar => tar.Add("pax", "+9 path=a\n", 'x').Add("x", "")),
        ["text in the size"] = (Damaged, "in member 'x' at offset 1024: the size field of a header is not valid", tar => tar.Header("x", "0000000000x"u8.ToArray())),
        ["a number behind zero bytes"] = (Damaged, "in member 'x' at offset 1024: the size field", tar => tar.Header("x", "\0\01"u8.ToArray())),
        ["text behind a number"] = (Damaged, "in member 'x' at offset 1024: the size field", tar => tar.Header("x", "1\0text"u8.ToArray())),
        ["spaces as a number"] = (Damaged, "in member 'x' at offset 1024: the size field", tar => tar.Header("x", "            "u8.ToArray())),
        ["a number in base 64"] = (Damaged, "in member 'x' at offset 1024: the size field", tar => tar.Header("x", "+AAAAAAAAAAA"u8.ToArray())),
        ["a mark of base 256 that only Go knows"] = (Damaged, "in member 'x' at offset 1024: the size field", tar => tar.Header("x", [0xa0, .. new byte[11]])),
        ["text in the mode"] = (Damaged, "in member 'x' at offset 1024: the mode or time", tar => tar.Header("x", TarBuilder.Octal(0), '0', block => block[100] = (byte)'x')),
        ["a negative owner"] = (Damaged, "in member 'x' at offset 1024: the owner or group", tar => tar.Header("x", TarBuilder.Octal(0), '0', block => block.AsSpan(108, 8).Fill(0xff))),
        ["text in the device"] = (Damaged, "in member 'x' at offset 1024: the device number", tar => tar.Header("x", TarBuilder.Octal(0), '3', block => block[329] = (byte)'x')),
        ["an unknown magic number"] = (Damaged, "in member 'x' at offset 1024: a header has neither the magic number of ustar", tar => tar.Header("x", TarBuilder.Octal(0), '0', block => "ustar 00"u8.CopyTo(block.AsSpan(257)))),
        ["a prefix in a header of GNU tar"] = (Damaged, "in member 'x' at offset 1024: a header of GNU tar has text in place of times", tar => tar.Header("x", TarBuilder.Octal(0), '0', block => "ustar  \0"u8.CopyTo(block.AsSpan(257)), "folder"u8)),
        ["a prefix in a header without a magic number"] = (Damaged, "in member 'x' at offset 1024: a header has neither", tar => tar.Header("x", TarBuilder.Octal(0), '0', block => block.AsSpan(257, 8).Clear(), "folder"u8)),
        ["a prefix that ends elsewhere in star"] = (Damaged, "at offset 1024: a header of star", tar => tar.Header("x", TarBuilder.Octal(0), '0', block => "tar\0"u8.CopyTo(block.AsSpan(508)), Enumerable.Repeat((byte)'p', 140).ToArray())),
        ["a prefix without a name"] = (Damaged, "in member 'folder' at offset 1024: its header describes a file", tar => tar.Header("", TarBuilder.Octal(0), '\0', _ => { }, "folder"u8)),
        ["two sparse maps"] = (Damaged, "at offset 1024: a PAX header is malformed", tar => tar.Pax("GNU.sparse.size=3", "GNU.sparse.numblocks=1", "GNU.sparse.map=0,3", "GNU.sparse.offset=0", "GNU.sparse.numbytes=3").Add("x", "abc")),
        ["two sizes of a sparse file"] = (Damaged, "in member 'x' at offset 2048: its sparse map is malformed", tar => tar.Pax("GNU.sparse.size=3", "GNU.sparse.realsize=4", "GNU.sparse.numblocks=1", "GNU.sparse.map=0,3").Add("x", "abc")),
        ["fewer ranges than recorded"] = (Damaged, "in member 'x' at offset 2048: its sparse map is malformed", tar => tar.Pax("GNU.sparse.size=3", "GNU.sparse.numblocks=2", "GNU.sparse.map=0,3").Add("x", "abc")),
        ["an empty sparse map"] = (Damaged, "at offset 1024: a PAX header is malformed", tar => tar.Pax("GNU.sparse.size=3", "GNU.sparse.numblocks=0", "GNU.sparse.map=").Add("x", "")),
        ["a sparse map of a folder"] = (Damaged, "in member 'x' at offset 2048: it has a sparse map in a PAX header", tar => tar.Pax("GNU.sparse.size=3", "GNU.sparse.numblocks=1", "GNU.sparse.map=0,3").Add("x", "", '5')),
        ["a sparse map before another format"] = (Damaged, "in member 'x' at offset 2048: it has a sparse map in a PAX header", tar => tar.Pax("GNU.sparse.size=0", "GNU.sparse.numblocks=1", "GNU.sparse.map=0,0").Header("x", TarBuilder.Octal(0), '0', block => "ustar  \0"u8.CopyTo(block.AsSpan(257)))),
        ["a member inside of a file"] = (Damaged, "in member 'first/x' at offset 1024: it is in 'first', which is no folder", tar => tar.Add("first/x", "")),
        ["a member inside of a link"] = (Damaged, "in member 'link/x' at offset 1024: it is in 'link', which is no folder", tar => tar.Add("link/x", "").Link("link", "folder", '2')),
        ["a name that is not UTF-8"] = (Damaged, "at offset 1024: its name is not UTF-8", tar => tar.Header("x", TarBuilder.Octal(0), '0', block => block[1] = 0xff)),
    };

    public static TheoryData<string> Kinds => [.. All.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Is_refused_by_name_and_offset(string kind)
    {
        var (errorId, message, make) = All[kind];
        using var file = new ArchiveFile(new MemorySource(make(new TarBuilder().Add("first", "data")).End()));

        var failure = Assert.Throws<KubeCheckpointException>(() => file.ReadIndex(CancellationToken.None));

        Assert.Equal(errorId, failure.ErrorId);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_programs_read_alike_is_read()
    {
        var tar = new TarBuilder()
            .Add("g", "20 comment=a commit\n", 'g')
            .Header("number", "1"u8.ToArray()).Data([1])
            .Header("binary", TarBuilder.Base256(1)).Data([1])
            .Add("@", "long", 'L').Add("x", "")
            .Add("@", "link\0\0", 'K').Pax("path=soft").Link("x", "y", '2')
            .Pax("path=pax", "mtime=-1.5", "comment=", "comment=twice").Add("x", "")
            .Header("name", TarBuilder.Octal(0), '0', _ => { }, "prefix"u8)
            .Add("old/", "", '\0')
            .Header("", TarBuilder.Octal(0), '5', _ => { }, "split"u8)
            .Header("oldest/", TarBuilder.Octal(0), '5', block => block.AsSpan(257, 8).Clear())
            .End();

        Assert.Equal(["number", "binary", "long", "soft", "pax", "prefix/name", "old", "split", "oldest"], OurReading.ReadMembers(tar, out _).Select(entry => entry.Name));
        Assert.Equal(OurReading.ReadMembers(tar, out _), GoRules.Read(tar));
    }
}
