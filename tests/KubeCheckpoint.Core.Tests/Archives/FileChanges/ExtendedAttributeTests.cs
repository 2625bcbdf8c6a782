using System.Text;
using KubeCheckpoint.Archives.Comparison;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.FileChanges;

public sealed class ExtendedAttributeTests
{
    private const string Capability = "SCHILY.xattr.security.capability";

    // As setcap of libcap 2.66 writes them.
    public static TheoryData<string, string> Capabilities => new()
    {
        { "0100000200200000000000000000000000000000", "cap_net_raw=ep" },
        { "0000000200200000000000000000000000000000", "cap_net_raw=p" },
        { "0100000200300000000000000000000000000000", "cap_net_admin,cap_net_raw=ep" },
        { "0100000200200000002000000000000000000000", "cap_net_raw=eip" },
        { "0000000200000000002000000000000000000000", "cap_net_raw=i" },
        { "010000020100000000200000000000000000000000", "" },
        { "0100000201000000002000000000000000000000", "cap_chown=ep cap_net_raw=ei" },
        { "0100000200000000000000000001000000000000", "cap_checkpoint_restore=ep" },
        { "0100000200000000000000000000000800000000", "cap_59=ep" },
        { "010000010020000000000000", "cap_net_raw=ep" },
        { "0100000300200000000000000000000000000000e8030000", "cap_net_raw=ep [rootid=1000]" },
        { "010000030020000000000000000000000000000000000000", "cap_net_raw=ep" },
        { "0000000200000000000000000000000000000000", "=" },
        { "010000020020", "" },
        { "0100000400200000000000000000000000000000", "" },
        { "", "" },
    };

    [Theory]
    [MemberData(nameof(Capabilities))]
    public void A_capability_is_shown_as_getcap_shows_it(string value, string text)
    {
        var bytes = Convert.FromHexString(value);
        var change = Read(tar => tar.Pax(Capability, bytes));

        var attribute = Assert.Single(change.ExtendedAttributes);
        Assert.Equal("security.capability", attribute.Name);
        Assert.Equal(bytes, attribute.Value);
        Assert.Equal(text.Length > 0 ? text : null, change.Capability);
        // What is no capability is shown as it is.
        Assert.Equal(text.Length > 0 ? text : value.Length > 0 ? $"0x{value}" : "", attribute.Text);
    }

    [Fact]
    public void Attributes_of_every_writer_are_read_once_and_in_order()
    {
        var change = Read(tar => tar.Pax(
            "LIBARCHIVE.xattr.user.a%20b=YWJj", "SCHILY.xattr.user.a b=abc", "LIBARCHIVE.xattr.user.padded=YQ", "LIBARCHIVE.xattr.user.wrong=!",
            "RHT.security.selinux=system_u:object_r:bin_t:s0", "SCHILY.acl.access=user::rw-,other::---", "SCHILY.xattr.trusted.overlay.opaque=y", "comment=none"));

        Assert.Equal(
            [
                "security.selinux=system_u:object_r:bin_t:s0", "system.posix_acl_access=user::rw-,other::---", "trusted.overlay.opaque=y",
                "user.a b=abc", "user.padded=a", "user.wrong=!",
            ],
            change.ExtendedAttributes.Select(attribute => attribute.ToString()));
        Assert.Null(change.Capability);
    }

    [Theory]
    [InlineData("SCHILY.xattr.security.selinux", "737973740075", "0x737973740075")]
    [InlineData("SCHILY.xattr.security.selinux", "7379737400", "syst")]
    [InlineData("SCHILY.xattr.user.binary", "ff00", "0xff00")]
    [InlineData("SCHILY.xattr.user.terminal", "1b5b324a", "\\u001b[2J")]
    [InlineData(
        "SCHILY.xattr.system.posix_acl_access",
        "0200000001000600ffffffff02000400e803000004000500ffffffff0800070064000000100007 00ffffffff20000000ffffffff",
        "user::rw-,user:1000:r--,group::r-x,group:100:rwx,mask::rwx,other::---")]
    [InlineData("SCHILY.xattr.system.posix_acl_access", "0200000003000600ffffffff", "0x0200000003000600ffffffff")]
    public void A_value_is_text_where_it_can_be(string key, string value, string text)
    {
        var change = Read(tar => tar.Pax(key, Convert.FromHexString(value.Replace(" ", "", StringComparison.Ordinal))));

        Assert.Equal(text, Assert.Single(change.ExtendedAttributes).Text);
    }

    [Fact]
    public void A_long_value_is_cut_and_told_by_its_hash()
    {
        var value = new byte[60_000];
        var text = Assert.Single(Read(tar => tar.Pax("SCHILY.xattr.user.long", value)).ExtendedAttributes).Text;

        Assert.StartsWith("0x0000", text, StringComparison.Ordinal);
        Assert.EndsWith($"... (60000 bytes, sha256:{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(value))})", text, StringComparison.Ordinal);
        Assert.InRange(text.Length, 100, 400);
    }

    [Fact]
    public void Attributes_belong_to_the_next_file_only()
    {
        var diff = new TarBuilder().Pax(Capability, new byte[20]).Add("one", "1").Add("two", "2").End();

        Assert.Equal([1, 0], Changes(diff).Select(change => change.ExtendedAttributes.Count));
    }

    [Fact]
    public void A_capability_that_was_added_is_a_difference()
    {
        byte[] Archive(Action<TarBuilder> add)
        {
            var diff = new TarBuilder();
            add(diff);
            using var edited = new EditedArchive("crio-counter.tar", (name, content) => name == RootFsDiff.MemberName ? diff.Add("bin/ping", "ping").End() : content);
            return File.ReadAllBytes(edited.Path);
        }

        using var folder = new TemporaryFolder();
        var (before, after) = (Path.Combine(folder.Path, "before.tar"), Path.Combine(folder.Path, "after.tar"));
        File.WriteAllBytes(before, Archive(_ => { }));
        File.WriteAllBytes(after, Archive(tar => tar.Pax(Capability, Convert.FromHexString("0100000200200000000000000000000000000000"))));

        var difference = Assert.Single(ArchiveComparer.Compare(
            new ComparisonRequest(before, after) { Kinds = [CheckpointDifferenceKind.FileChange] }, CancellationToken.None));

        Assert.Equal((CheckpointChange.Changed, "/bin/ping"), (difference.Change, difference.Name));
        Assert.Equal($"{difference.Before} security.capability=cap_net_raw=ep", difference.After);
    }

    private static CheckpointFileChange Read(Func<TarBuilder, TarBuilder> add) => Assert.Single(Changes(add(new TarBuilder()).Add("bin/ping", "ping").End()));

    private static List<CheckpointFileChange> Changes(byte[] diff)
    {
        using var archive = new ArchiveFile(new MemorySource(new TarBuilder().Add("spec.dump", Encoding.UTF8.GetBytes(TarBuilder.Spec)).Add("rootfs-diff.tar", diff).End()));
        return [.. FileChangeReader.Read(archive, CancellationToken.None)];
    }
}
