using KubeCheckpoint.Cluster.Preflight;
using KubeCheckpoint.Cluster.Preflight.Checks;

namespace KubeCheckpoint.Core.Tests.Cluster.Preflight.Checks;

public sealed class ComponentVersionTests
{
    [Theory]
    [InlineData("v1.36.2", 1, 36, 2)]
    [InlineData("2.1.9-1~deb", 2, 1, 9)]
    [InlineData("1.31.2-k3s1", 1, 31, 2)]
    [InlineData("1.36.3+unknown", 1, 36, 3)]
    [InlineData("v1.30.4-eks-a737599", 1, 30, 4)]
    [InlineData("1.30.4-3.rhaos4.17.git1234567.el9", 1, 30, 4)]
    [InlineData("6.18.44-fc-v657", 6, 18, 44)]
    [InlineData("2.4.0-beta.0", 2, 4, 0)]
    [InlineData("4.2", 4, 2, 0)]
    [InlineData("5", 5, 0, 0)]
    public void Suffixes_of_distributions_are_ignored(string text, int major, int minor, int patch) =>
        Assert.Equal(new ComponentVersion(major, minor, patch), ComponentVersion.Parse(text));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("unknown")]
    [InlineData("v")]
    [InlineData("99999999999999999999.1")]
    public void Text_that_does_not_begin_with_a_number_is_not_a_version(string? text) => Assert.Null(ComponentVersion.Parse(text));

    [Fact]
    public void Numbers_are_compared_as_numbers()
    {
        Assert.True(new ComponentVersion(1, 9) < new ComponentVersion(1, 10));
        Assert.True(new ComponentVersion(2, 2, 7) >= new ComponentVersion(2, 2, 7));
        Assert.False(ComponentVersion.Parse(null) < new ComponentVersion(1));
    }

    [Theory]
    [InlineData("2m0s", 120)]
    [InlineData("1h30m0s", 5400)]
    [InlineData("15s", 15)]
    [InlineData("1.5s", 1.5)]
    [InlineData("500ms", 0.5)]
    public void Durations_are_read_as_go_writes_them(string text, double seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), GoDuration.Parse(text));

    [Theory]
    [InlineData(null)]
    [InlineData("2")]
    [InlineData("2 m")]
    [InlineData("99999999999h")]
    public void Other_text_is_not_a_duration(string? text) => Assert.Null(GoDuration.Parse(text));
}
