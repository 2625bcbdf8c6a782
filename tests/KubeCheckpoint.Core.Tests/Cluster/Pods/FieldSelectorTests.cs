using System.Text.Json;
using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Core.Tests.Cluster.Pods;

public sealed class FieldSelectorTests
{
    [Theory]
    [InlineData("status.phase=Running", true)]
    [InlineData("status.phase!=Running", false)]
    [InlineData("metadata.name==web,spec.nodeName=n1", true)]
    [InlineData("spec.hostNetwork=false", true)]
    [InlineData("status.podIP=", true)]
    public void Fields_match_as_the_api_server_would_match_them(string selector, bool matches)
    {
        using var pod = JsonDocument.Parse("""{"metadata":{"name":"web"},"spec":{"nodeName":"n1"},"status":{"phase":"Running"}}""");
        Assert.Equal(matches, FieldSelector.Parse(selector).IsMatch(pod.RootElement));
    }

    [Theory]
    [InlineData("spec.replicas=1")]
    [InlineData("nonsense")]
    public void A_field_that_pods_cannot_be_selected_by_is_refused(string selector) =>
        Assert.Equal("InvalidSelector", Assert.Throws<KubeCheckpointException>(() => FieldSelector.Parse(selector)).ErrorId);
}
