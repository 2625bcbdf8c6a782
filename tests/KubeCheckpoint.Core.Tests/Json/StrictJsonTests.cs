using System.Text;
using System.Text.Json;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Core.Tests.Json;

public sealed class StrictJsonTests
{
    public static TheoryData<string> Invalid =>
    [
        "",
        " ",
        "{",
        "nul",
        "{\"a\":NaN}",
        "{\"a\":01}",
        "{\"a\":1} {}",
        "{\"a\":1,}",
        "{/* no */}",
        "\uFEFF{}",
        "{\"a\":1,\"a\":1}",
        """{"a":1,"\u0061":1}""",
        """{"b":[{"a":1,"a":1}]}""",
        """{"\ud800":1}""",
        """{"a":"\uDC00"}""",
        """{"a":["\\\ud83d"]}""",
        """{"a":"\ud83dx\ude00"}""",
        "{\"a\":\"\u0001\"}",
        new string('[', 100) + new string(']', 100),
    ];

    [Theory]
    [MemberData(nameof(Invalid))]
    public void Invalid_text_fails_at_once_and_in_one_way(string json)
    {
        Assert.ThrowsAny<JsonException>(() => StrictJson.Parse(json));
        Assert.ThrowsAny<JsonException>(() => StrictJson.Parse(Encoding.UTF8.GetBytes(json)));
        Assert.ThrowsAny<JsonException>(() => StrictJson.ParseNode(json));
        Assert.Equal("own", Assert.Throws<ArithmeticException>(() => StrictJson.Read(json, root => 1, _ => new ArithmeticException("own"))).Message);
        Assert.Null(StrictJson.TryRead(json, root => "read"));
    }

    [Theory]
    [InlineData(0x80)]
    [InlineData(0xC0, 0xAF)]
    [InlineData(0xED, 0xA0, 0x80)]
    [InlineData(0xFF)]
    public void Text_that_is_not_utf_8_fails(params int[] bytes) =>
        Assert.ThrowsAny<JsonException>(() => StrictJson.Parse((byte[])[(byte)'"', .. bytes.Select(value => (byte)value), (byte)'"']));

    [Fact]
    public void Half_a_surrogate_pair_in_text_of_dotnet_fails() => Assert.ThrowsAny<JsonException>(() => StrictJson.Parse("\"\ud800\""));

    [Theory]
    [InlineData("""{"\ud83d\ude00":"\uD83D\uDE00"}""", "😀")]
    [InlineData("""{"\\ud800":"\\ud800"}""", "\\ud800")]
    [InlineData("""{"a\ud":1}""", null)]
    public void Pairs_and_escaped_backslashes_are_valid(string json, string? text)
    {
        if (text is null)
        {
            Assert.ThrowsAny<JsonException>(() => StrictJson.Parse(json));
            return;
        }
        using var document = StrictJson.Parse(json);
        Assert.Equal(text, document.RootElement.Text(text));
    }

    [Fact]
    public void Values_of_another_kind_fail_like_invalid_text()
    {
        const string Json = """{"text":"x","large":99999999999999999999,"list":[]}""";
        foreach (var read in new Func<JsonElement, object?>[]
        {
            root => root.GetProperty("none"),
            root => root.GetProperty("list").GetString(),
            root => root.GetProperty("text").GetInt32(),
            root => root.GetProperty("large").GetInt64(),
            root => root.GetProperty("text").EnumerateArray().Count(),
            root => root.GetProperty("list").EnumerateObject().Count(),
        })
        {
            Assert.IsType<JsonException>(Assert.Throws<ArithmeticException>(() => StrictJson.Read(Json, read, inner => new ArithmeticException("", inner))).InnerException);
            Assert.Null(StrictJson.TryRead(Json, read));
        }
    }
}
