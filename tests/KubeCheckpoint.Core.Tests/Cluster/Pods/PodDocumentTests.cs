using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Core.Tests.Cluster.Pods;

public sealed class PodDocumentTests
{
    [Fact]
    public void Fields_that_are_not_known_survive_changes_and_numbers_stay_as_they_were_written()
    {
        const string Json = """{"kind":"Pod","metadata":{"name":"web","x":1.50},"spec":{"containers":[{"name":"a","future":{"b":[1e2,null]}}]},"later":true}""";
        var pod = PodDocument.Parse(new(Json));

        pod.Name = "copy";

        Assert.Equal(Json.Replace("\"web\"", "\"copy\"", StringComparison.Ordinal), pod.ToManifest().Json);
    }

    [Fact]
    public void A_copy_is_changed_alone()
    {
        var pod = PodDocument.Parse(new("""{"metadata":{"name":"web"},"spec":{"containers":[{"name":"a","image":"x"}]}}"""));
        var copy = pod.Copy();

        copy.Name = "copy";
        copy.FindContainer("a")!["image"] = "y";

        Assert.Equal(("web", "x"), (pod.Name, (string?)pod.FindContainer("a")!["image"]));
    }

    [Fact]
    public void Fields_of_the_wrong_type_count_as_absent()
    {
        var pod = PodDocument.Parse(new(
            """
            {"metadata":{"name":"web","annotations":[]},
             "spec":{"nodeName":5,"hostname":{},"hostNetwork":"yes","terminationGracePeriodSeconds":"x","restartPolicy":[],"volumes":{},"imagePullSecrets":[5,{"name":7}],
              "containers":[5,{"name":"a","ports":[{"hostPort":"80"},{"hostPort":81}]}]}}
            """));

        Assert.Equal((null, null, false, 30, true), (pod.NodeName, pod.HostName, pod.UsesHostNetwork, pod.GracePeriod.TotalSeconds, pod.RestartsContainers));
        Assert.Equal([81], pod.HostPorts);
        Assert.Empty(pod.Volumes);
        Assert.Empty(pod.PullSecrets);
        Assert.Null(pod.Annotation("a"));
        Assert.False(pod.IsStatic);
    }
}
