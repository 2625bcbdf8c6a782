using KubeCheckpoint.Cluster.Preflight;
using KubeCheckpoint.Cluster.Preflight.Checks;

namespace KubeCheckpoint.Core.Tests.Cluster.Preflight;

public sealed class RuntimeSupportTests
{
    [Fact]
    public void No_version_of_a_runtime_falls_between_rows_or_into_two()
    {
        foreach (var rows in RuntimeSupport.Table.GroupBy(row => row.RuntimeName).Select(group => group.ToList()))
        {
            Assert.Equal(new ComponentVersion(0), rows[0].From);
            Assert.Null(rows[^1].Until);
            foreach (var (row, next) in rows.Zip(rows.Skip(1)))
                Assert.Equal(row.Until, next.From);
        }
    }

    [Fact]
    public void What_is_not_enabled_has_a_remedy() => Assert.All(RuntimeSupport.Table, row =>
    {
        Assert.Equal(row.Checkpoint == FeatureState.On, row.CheckpointRemedy is null);
        Assert.Equal(row.Restore == FeatureState.On, row.RestoreRemedy is null);
    });

    [Theory]
    [InlineData("cri-o", "1.24.6", FeatureState.Missing, FeatureState.Missing)]
    [InlineData("cri-o", "1.28.4", FeatureState.OffByDefault, FeatureState.OffByDefault)]
    [InlineData("cri-o", "1.31.2", FeatureState.On, FeatureState.Unclear)]
    [InlineData("cri-o", "1.34.11", FeatureState.On, FeatureState.On)]
    [InlineData("cri-o", "1.36.3", FeatureState.On, FeatureState.On)]
    [InlineData("cri-o", "1.36.5", FeatureState.On, FeatureState.OffByDefault)]
    [InlineData("cri-o", "1.37.0", FeatureState.On, FeatureState.Unclear)]
    [InlineData("cri-o", "1.37.1", FeatureState.On, FeatureState.OffByDefault)]
    [InlineData("containerd", "1.7.27", FeatureState.Missing, FeatureState.Missing)]
    [InlineData("containerd", "2.0.5", FeatureState.On, FeatureState.Missing)]
    [InlineData("containerd", "2.1.9+unknown", FeatureState.On, FeatureState.On)]
    [InlineData("containerd", "2.2.6", FeatureState.On, FeatureState.On)]
    [InlineData("containerd", "2.2.7", FeatureState.On, FeatureState.OffByDefault)]
    [InlineData("containerd", "2.3.3", FeatureState.On, FeatureState.On)]
    [InlineData("containerd", "2.3.4-k3s1", FeatureState.On, FeatureState.OffByDefault)]
    [InlineData("containerd", "2.4.0-rc.1", FeatureState.On, FeatureState.Removed)]
    [InlineData("docker", "28.0.1", FeatureState.Missing, FeatureState.Missing)]
    public void Each_version_has_its_state(string runtime, string version, FeatureState checkpoint, FeatureState restore)
    {
        var support = RuntimeSupport.Find(runtime, version)!;
        Assert.Equal((checkpoint, restore), (support.Checkpoint, support.Restore));
    }

    [Theory]
    [InlineData("rkt", "1.0.0")]
    [InlineData("cri-o", "unknown")]
    [InlineData(null, null)]
    public void What_is_not_in_the_table_is_unknown(string? runtime, string? version) => Assert.Null(RuntimeSupport.Find(runtime, version));
}
