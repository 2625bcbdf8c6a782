using Google.Protobuf;
using Google.Protobuf.Reflection;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Documents;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Criu.Documents;

/// <summary>Images to objects and back: byte for byte if nothing was changed, otherwise only with the change.</summary>
public sealed class RoundTripTests
{
    public static TheoryData<string> Archives => Fixture.Archives;

    public static TheoryData<string, byte[]> Odd => new()
    {
        { "a number longer than it need be", [0x08, 0x81, 0x00] },
        { "fields out of order", [0x10, 0x02, 0x08, 0x01] },
        { "a field twice", [0x08, 0x01, 0x08, 0x02] },
        { "a number too large for its field", [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01] },
        { "a message that goes on elsewhere", [0x2a, 0x02, 0x08, 0x01, 0x30, 0x00, 0x2a, 0x02, 0x10, 0x02] },
        { "an unknown field before a known one of a lower number", [0xa0, 0x06, 0x05, 0x08, 0x01] },
        { "a known field of another wire type", [0x0a, 0x01, 0x41, 0x08, 0x01] },
        { "an empty list", [0x5a, 0x00] },
        { "a list packed that CRIU does not pack", [0x5a, 0x02, 0x01, 0x02] },
        { "a length longer than it need be", [0x32, 0x81, 0x00, 0x41] },
    };

    [Theory]
    [MemberData(nameof(Archives))]
    public void Every_real_image_round_trips_byte_for_byte(string archive)
    {
        foreach (var (name, bytes) in ImageBytes.Of(archive))
            Assert.True(ImageBytes.WriteAgain(bytes).AsSpan().SequenceEqual(bytes), name);
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public void No_real_image_needs_its_original_bytes(string archive)
    {
        foreach (var (name, bytes) in ImageBytes.Of(archive))
            Assert.All(ImageBytes.Read(bytes), entry => Assert.True(entry.Find("_raw") is null && entry.Find("_unknown") is null, name));
    }

    [Theory]
    [MemberData(nameof(Odd))]
    public void An_odd_entry_round_trips_byte_for_byte(string what, byte[] entry)
    {
        var image = new ImageBytes("REG_FILES").Entry(entry).Entry(new RegFileEntry { Id = 7 }).ToArray();

        Assert.True(ImageBytes.WriteAgain(image).AsSpan().SequenceEqual(image), what);
        Assert.Equal(entry, ImageBytes.Read(image)[0].Find("_raw"));
        Assert.Null(ImageBytes.Read(image)[1].Find("_raw"));
    }

    [Fact]
    public void A_changed_odd_entry_is_written_without_the_oddity()
    {
        var entries = new ImageBytes("REG_FILES").Entry(0x10, 0x02, 0x08, 0x81, 0x00).Read();
        Set(entries[0], "flags", 3u);

        Assert.Equal(new ImageBytes("REG_FILES").Entry(0x08, 0x01, 0x10, 0x03).ToArray(), ImageBytes.Write("REG_FILES", null, entries));
    }

    [Fact]
    public void Unknown_fields_stay_where_a_newer_version_of_criu_has_put_them()
    {
        // reg_file_entry has neither a field 4 nor a field 100.
        var image = new ImageBytes("REG_FILES").Entry(0x08, 0x01, 0x20, 0x2a, 0x2a, 0x04, 0x08, 0x09, 0x78, 0x01, 0x38, 0x04, 0xa2, 0x06, 0x01, 0x41).ToArray();
        var entries = ImageBytes.Read(image);

        Assert.Equal([0x20, 0x2a, 0xa2, 0x06, 0x01, 0x41], (byte[])entries[0].Find("_unknown")!);
        Assert.Equal([0x78, 0x01], (byte[])((CriuObject)entries[0].Find("fown")!).Find("_unknown")!);
        Assert.Null(entries[0].Find("_raw"));
        Assert.Equal(image, ImageBytes.WriteAgain(image));

        Set(entries[0], "mnt_id", 5);
        image[^5] = 0x0a;
        Assert.Equal(image, ImageBytes.Write("REG_FILES", "COMMON", entries));
    }

    [Fact]
    public void An_unknown_group_is_kept()
    {
        var image = new ImageBytes("REG_FILES").Entry(0x08, 0x01, 0xa3, 0x06, 0x08, 0x01, 0xa4, 0x06).ToArray();

        Assert.Equal([0xa3, 0x06, 0x08, 0x01, 0xa4, 0x06], (byte[])ImageBytes.Read(image)[0].Find("_unknown")!);
        Assert.Equal(image, ImageBytes.WriteAgain(image));
    }

    [Fact]
    public void Text_that_is_not_utf8_is_bytes()
    {
        var image = new ImageBytes("REG_FILES").Entry(0x08, 0x01, 0x32, 0x03, 0x2f, 0xff, 0x41).ToArray();

        Assert.Equal([0x2f, 0xff, 0x41], (byte[])ImageBytes.Read(image)[0].Find("name")!);
        Assert.Equal(image, ImageBytes.WriteAgain(image));
    }

    [Fact]
    public void A_number_without_a_name_stays_a_number()
    {
        var image = new ImageBytes("FDINFO").Entry(0x18, 0x63).ToArray();

        Assert.Equal(99, ImageBytes.Read(image)[0].Find("type"));
        Assert.Equal(image, ImageBytes.WriteAgain(image));
    }

    [Theory]
    [InlineData("CORE", CriuImageType.CommonMagic, "COMMON")]
    [InlineData("CORE", 0, "NONE")]
    [InlineData("STATS", CriuImageType.ServiceMagic, "SERVICE")]
    [InlineData("INVENTORY", 0, "NONE")]
    public void The_first_magic_is_kept(string type, uint family, string name)
    {
        var image = new ImageBytes(type, family).Entry().ToArray();
        using var document = ImageBytes.Open(image);

        Assert.Equal((type, name), (document.Type, document.Family));
        Assert.Equal(image, ImageBytes.WriteAgain(image));
    }

    [Theory]
    [InlineData("CORE", "19435654")]
    [InlineData("STATS", "40591055")]
    [InlineData("IRMAP_CACHE", "40591055")]
    [InlineData("INVENTORY", "16313158")]
    public void Without_a_family_that_of_criu_is_written(string type, string begin) =>
        Assert.Equal(begin, Convert.ToHexStringLower(ImageBytes.Write(type, null, [])[..4]));

    [Fact]
    public void Every_field_of_every_type_can_be_read_and_written()
    {
        foreach (var type in CriuImageType.ByName.Values)
        {
            if (type.Payload is not (CriuPayload.None or CriuPayload.Pagemap))
                continue;
            var image = new ImageBytes(type.Name);
            if (type.Payload == CriuPayload.Pagemap)
                image.Entry(new PagemapHead { PagesId = 1 });
            image.Entry(Filled(type.Parser.ParseFrom(ByteString.Empty), 0));
            var entry = image.Read()[^1];
            Assert.Null(entry.Find("_raw"));
            Assert.Null(entry.Find("_unknown"));
            Assert.True(ImageBytes.WriteAgain(image.ToArray()).AsSpan().SequenceEqual(image.ToArray()), type.Name);
        }
    }

    internal static void Set(CriuObject entry, string name, object value)
    {
        for (var i = 0; i < entry.Properties.Length; i++)
        {
            if (entry.Properties[i].Name != name)
                continue;
            entry.Replace(i, value);
            return;
        }
        entry.Add(name, value);
    }

    // A message in which every field has a value.
    private static IMessage Filled(IMessage message, int depth)
    {
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            var value = field.FieldType switch
            {
                FieldType.Message when depth > 3 => null,
                FieldType.Message => Filled(field.MessageType.Parser.ParseFrom(ByteString.Empty), depth + 1),
                FieldType.Bool => true,
                FieldType.Int32 or FieldType.SInt32 => -7,
                FieldType.Int64 or FieldType.SInt64 => long.MinValue,
                FieldType.UInt32 or FieldType.Fixed32 => uint.MaxValue,
                FieldType.UInt64 or FieldType.Fixed64 => ulong.MaxValue,
                FieldType.Bytes => ByteString.CopyFrom(0, 255),
                FieldType.Enum => Enum.ToObject(field.EnumType.ClrType, field.EnumType.Values[^1].Number),
                _ => "naïve \u0001",
            };
            if (value is null)
                continue;
            if (!field.IsRepeated)
                field.Accessor.SetValue(message, value);
            else if (field.Accessor.GetValue(message) is System.Collections.IList list)
                list.Add(value);
        }
        return message;
    }
}
