using System.Numerics;
using KubeCheckpoint.Criu.Documents;

namespace KubeCheckpoint.Core.Tests.Criu.Documents;

/// <summary>Tests values as users write them.</summary>
public sealed class EntryValueTests
{
    public static TheoryData<string, string, object, byte[]> Accepted => new()
    {
        { "MM", "mm_start_code", 300, [0x08, 0xac, 0x02] },
        { "MM", "mm_start_code", "0x12C", [0x08, 0xac, 0x02] },
        { "MM", "mm_start_code", " 300 ", [0x08, 0xac, 0x02] },
        { "MM", "mm_start_code", 300.0, [0x08, 0xac, 0x02] },
        { "MM", "mm_start_code", 300m, [0x08, 0xac, 0x02] },
        { "MM", "mm_start_code", new BigInteger(ulong.MaxValue), [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01] },
        { "MM", "mm_start_code", "0xffffffffffffffff", [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01] },
        { "MM", "MM_Start_Code", (byte)1, [0x08, 0x01] },
        { "MM", "dumpable", -1, [0x78, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01] },
        { "MM", "thp_disabled", "true", [0x88, 0x01, 0x01] },
        { "MM", "thp_disabled", 1, [0x88, 0x01, 0x01] },
        { "MM", "mm_saved_auxv", 5, [0x68, 0x05] },
        { "MM", "mm_saved_auxv", new object[] { 5, "0x6" }, [0x68, 0x05, 0x68, 0x06] },
        { "REG_FILES", "mnt_id", -1L, [0x38, 0x01] },
        { "FDINFO", "type", "REG", [0x18, 0x01] },
        { "FDINFO", "type", "reg", [0x18, 0x01] },
        { "FDINFO", "type", 1L, [0x18, 0x01] },
        { "FDINFO", "type", "99", [0x18, 0x63] },
        { "TTY_DATA", "data", "aGk=\n", [0x12, 0x02, 0x68, 0x69] },
        { "TTY_DATA", "data", new object[] { 104L, 105 }, [0x12, 0x02, 0x68, 0x69] },
        { "UNIXSK", "name", "=00a=3D", [0x5a, 0x03, 0x00, 0x61, 0x3d] },
        { "REG_FILES", "name", new object[] { 255L }, [0x32, 0x01, 0xff] },
        { "PSTREE", "_unknown", "oAYF", [0xa0, 0x06, 0x05] },
    };

    public static TheoryData<string, string, object, string> Refused => new()
    {
        { "MM", "mm_start_code", -1, "-1 is not between 0 and 18446744073709551615" },
        { "MM", "mm_start_code", "0x1ffffffffffffffff", "is not between" },
        { "MM", "mm_start_code", 1.5, "1.5 is not a whole number" },
        { "MM", "mm_start_code", "many", "'many' is not a whole number" },
        { "MM", "mm_start_code", "0x", "is not a whole number" },
        { "MM", "mm_start_code", new CriuObject(), "object is not a whole number" },
        { "MM", "mm_start_code", true, "is not a whole number" },
        { "MM", "dumpable", int.MaxValue + 1L, "is not between" },
        { "MM", "thp_disabled", "maybe", "is not a whole number" },
        { "MM", "vmas", 5, "it must be an object" },
        { "MM", "no_such_field", 5, "there is no such field; there are mm_start_code, " },
        { "FDINFO", "type", "SOCK", "'SOCK' is none of UND, REG, " },
        { "TTY_DATA", "data", "no base64!", "the text is not base64" },
        { "TTY_DATA", "data", new object[] { 256 }, "[0] is not a byte" },
        { "TTY_DATA", "data", 5, "is not an array of bytes" },
        { "REG_FILES", "name", 5, "a 5 is not text" },
        { "PSTREE", "_unknown", "oA==", "it is not a sequence of fields" },
        { "PSTREE", "_raw", "oA==", "it is not a message" },
        { "PSTREE", "extra", "aGk=", "nothing follows this entry" },
        { "PSTREE", "threads", new object?[] { null }, "it is null" },
    };

    [Theory]
    [MemberData(nameof(Accepted))]
    public void Every_form_of_a_value_is_accepted(string type, string name, object value, byte[] expected)
    {
        var entry = new CriuObject();
        entry.Add(name, value);

        Assert.Equal(new ImageBytes(type).Entry(expected).ToArray(), ImageBytes.Write(type, null, [entry]));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Invalid_values_are_refused_with_entry_and_field(string type, string name, object value, string reason)
    {
        var entry = new CriuObject();
        entry.Add(name, value);

        var failure = Assert.Throws<KubeCheckpointException>(() => ImageBytes.Write(type, null, [new CriuObject(), entry]));

        Assert.Equal("CriuEntryInvalid", failure.ErrorId);
        Assert.StartsWith("Entries[1]." + name, (string)failure.Target!, StringComparison.Ordinal);
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_nested_field_is_named_with_its_path()
    {
        var entry = new CriuObject();
        var map = new CriuObject();
        map.Add("start", "here");
        entry.Add("vmas", new object[] { new CriuObject(), map });

        var failure = Assert.Throws<KubeCheckpointException>(() => ImageBytes.Write("MM", null, [entry]));

        Assert.Equal("Entries[0].vmas[1].start", failure.Target);
    }

    [Fact]
    public void Fields_in_any_order_are_written_in_theirs_and_null_is_left_out()
    {
        var entry = new CriuObject();
        entry.Add("sid", 4);
        entry.Add("ppid", null!);
        entry.Add("pid", 1);

        Assert.Equal(new ImageBytes("PSTREE").Entry(0x08, 0x01, 0x20, 0x04).ToArray(), ImageBytes.Write("PSTREE", null, [entry]));
    }

    [Fact]
    public void An_unknown_family_is_refused() =>
        Assert.Equal("Family", Assert.Throws<KubeCheckpointException>(() => ImageBytes.Write("PSTREE", "OTHER", [])).Target);
}
