using System.Formats.Tar;
using System.Text;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Contents;

public sealed class ArchiveFileTests
{
    private const long TenGiB = 10L << 30;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Sizes_beyond_8_gib_are_skipped_not_read(bool base256)
    {
        var head = new TarBuilder();
        if (!base256)
            head.Pax($"size={TenGiB}");
        head.Header("checkpoint/pages-1.img", base256 ? TarBuilder.Base256(TenGiB) : TarBuilder.Octal(0));
        var source = new MemorySource(head.Cut(), head.Cut().Length + TenGiB + 1024);
        using var file = new ArchiveFile(source);

        var member = Assert.Single(file.ReadIndex(CancellationToken.None));

        Assert.Equal(TenGiB, member.Size);
        Assert.InRange(source.BytesRead, 1, 8 * 1024);
    }

    [Theory]
    [MemberData(nameof(Fixture.Archives), MemberType = typeof(Fixture))]
    public void Members_read_as_the_base_library_reads_them(string name)
    {
        using var file = ArchiveFile.Open(Fixture.PathOf(name));
        var index = file.ReadIndex(CancellationToken.None).Where(member => member.Kind == ArchiveMemberKind.File).ToList();
        using var plain = new MemoryStream(Fixture.Decompress(name));
        using var reader = new TarReader(plain);

        var compared = 0;
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
                continue;
            var member = index[compared++];
            Assert.Equal(entry.Name, member.Name);
            Assert.Equal(entry.Length, member.Size);
            Assert.Equal(entry.DataOffset, member.DataOffset);
            var expected = new byte[entry.Length];
            entry.DataStream?.ReadExactly(expected);
            Assert.Equal(expected, file.ReadMember(member));
        }
        Assert.Equal(index.Count, compared);
    }

    [Theory]
    [InlineData(TarEntryFormat.Gnu)]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Ustar)]
    public void Long_names_are_read_in_every_format(TarEntryFormat format)
    {
        var name = string.Join('/', Enumerable.Repeat("folder-of-some-length", format == TarEntryFormat.Ustar ? 6 : 20)) + "/file";
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, format, leaveOpen: true))
        {
            System.Formats.Tar.TarEntry entry = format switch
            {
                TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, "./" + name),
                TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, "./" + name),
                _ => new UstarTarEntry(TarEntryType.RegularFile, name),
            };
            entry.DataStream = new MemoryStream("content"u8.ToArray());
            writer.WriteEntry(entry);
        }
        using var file = new ArchiveFile(new MemorySource(tar.ToArray()));

        var member = Assert.Single(file.ReadIndex(CancellationToken.None));

        Assert.Equal(name, member.Name);
        Assert.Equal("content", Encoding.UTF8.GetString(file.ReadMember(member)));
    }

    [Fact]
    public void Kinds_are_told_apart()
    {
        var tar = new TarBuilder().Add("./", "", '5').Add("d/", "", '5').Add("l", "", '2').Add("p", "", '6').Add("old/", "", '\0').End();
        using var file = new ArchiveFile(new MemorySource(tar));

        Assert.Equal(
            [("d", ArchiveMemberKind.Directory), ("l", ArchiveMemberKind.SymbolicLink),
                ("p", ArchiveMemberKind.Other), ("old", ArchiveMemberKind.Directory)],
            file.ReadIndex(CancellationToken.None).Select(member => (member.Name, member.Kind)));
    }

    [Fact]
    public void A_member_larger_than_asked_for_is_refused()
    {
        using var file = new ArchiveFile(new MemorySource(new TarBuilder().Checkpoint().End()));
        var member = file.ReadIndex(CancellationToken.None)[0];

        using var data = file.OpenMember(member, CancellationToken.None);

        var failure = Assert.Throws<KubeCheckpointException>(() => file.ReadAll(member, data, 10));

        Assert.Equal("ArchiveMemberTooLarge", failure.ErrorId);
    }
}
