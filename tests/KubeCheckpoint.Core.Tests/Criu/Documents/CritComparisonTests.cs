using System.Globalization;
using System.Text.Json;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Documents;

namespace KubeCheckpoint.Core.Tests.Criu.Documents;

/// <summary>Compares every image of every real archive with the output of CRIU's crit.</summary>
public sealed class CritComparisonTests
{
    public static TheoryData<string> Archives => Fixture.Archives;

    [Theory]
    [MemberData(nameof(Archives))]
    public void Every_image_agrees_with_crit(string archive)
    {
        using var reference = JsonDocument.Parse(File.ReadAllBytes(Fixture.PathOf(archive + ".crit.json")));
        using var images = CriuImageFiles.Open(Fixture.PathOf(archive), CancellationToken.None);
        var expected = reference.RootElement.EnumerateObject()
            .Where(image => image.Value.ValueKind == JsonValueKind.Object && image.Value.TryGetProperty("entries", out _))
            .ToDictionary(image => "checkpoint/" + image.Name, image => image.Value);
        var names = images.Members.Where(name => name.EndsWith(".img", StringComparison.Ordinal) && !CriuImageFiles.IsRaw(name)).ToList();

        Assert.Equal(expected.Keys.Order(), names.Order());
        foreach (var name in names)
        {
            using var document = images.Read(name);
            Assert.Equal(expected[name].GetProperty("magic").GetString(), document.Type);
            AssertEqual(expected[name].GetProperty("entries"), document.Entries.ToArray(), name);
        }
    }

    // crit cannot read these either: it fails, or its output was not recorded.
    [Theory]
    [MemberData(nameof(Archives))]
    public void Images_that_crit_cannot_decode_are_raw_and_refused_with_an_error(string archive)
    {
        using var reference = JsonDocument.Parse(File.ReadAllBytes(Fixture.PathOf(archive + ".crit.json")));
        using var images = CriuImageFiles.Open(Fixture.PathOf(archive), CancellationToken.None);
        var refused = reference.RootElement.EnumerateObject()
            .Where(image => image.Value.ValueKind == JsonValueKind.Object && (image.Value.TryGetProperty("crit_error", out _) || image.Value.TryGetProperty("raw_pages", out _)))
            .Select(image => "checkpoint/" + image.Name)
            .ToList();

        Assert.NotEmpty(refused);
        foreach (var name in refused)
        {
            Assert.True(CriuImageFiles.IsRaw(name), name);
            var failure = Assert.Throws<KubeCheckpointException>(() => images.Read(name));
            Assert.Equal("NotACriuImage", failure.ErrorId);
            Assert.Contains(name, failure.Message, StringComparison.Ordinal);
        }
    }

    private static void AssertEqual(JsonElement expected, object actual, string place)
    {
        switch (actual)
        {
            case CriuObject fields:
                Assert.Equal(
                    expected.EnumerateObject().Select(property => property.Name),
                    fields.Properties.ToArray().Select(property => property.Name));
                foreach (var (name, value) in fields.Properties)
                    AssertEqual(expected.GetProperty(name), value, $"{place}.{name}");
                break;
            case byte[] bytes when place.EndsWith(".usk.name", StringComparison.Ordinal):
                Assert.Equal(QuotedPrintable.Decode(expected.GetString()!), bytes);
                break;
            case byte[] bytes:
                Assert.Equal(Convert.FromBase64String(expected.GetString()!), bytes);
                break;
            case Array values:
                Assert.Equal(expected.GetArrayLength(), values.Length);
                for (var i = 0; i < values.Length; i++)
                    AssertEqual(expected[i], values.GetValue(i)!, $"{place}[{i}]");
                break;
            case string or bool:
                Assert.True(expected.ToString() == actual.ToString(), $"{place} is {actual}, and crit says {expected}");
                break;
            default:
                Assert.True(expected.GetRawText() == ((IFormattable)actual).ToString(null, CultureInfo.InvariantCulture), $"{place} is {actual}, and crit says {expected.GetRawText()}");
                break;
        }
    }
}
