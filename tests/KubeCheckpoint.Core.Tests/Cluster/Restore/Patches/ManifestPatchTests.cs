using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Restore.Patches;

namespace KubeCheckpoint.Core.Tests.Cluster.Restore.Patches;

public sealed class ManifestPatchTests
{
    private const string Manifest = """
        {"metadata":{"name":"web","labels":{"app":"web","tier":"front"}},
         "spec":{"priorityClassName":"high",
          "volumes":[{"name":"data","emptyDir":{}},{"name":"cfg","configMap":{"name":"cfg"}}],
          "tolerations":[{"operator":"Exists"}],
          "containers":[
           {"name":"app","image":"web:1","args":["a","b"],"env":[{"name":"A","value":"1"},{"name":"B","value":"2"}],
            "volumeMounts":[{"name":"data","mountPath":"/data"}],"ports":[{"containerPort":80}]},
           {"name":"side","image":"side:1"}]}}
        """;

    [Fact]
    public void Objects_are_merged_and_null_removes_a_member()
    {
        var pod = Apply("""{"metadata":{"labels":{"tier":null,"new":"x"}},"spec":{"priorityClassName":null,"hostname":"h"}}""");

        Assert.Equal("""{"app":"web","new":"x"}""", pod["metadata"]!["labels"]!.ToJsonString());
        Assert.Null(pod["spec"]!["priorityClassName"]);
        Assert.Equal("h", (string?)pod["spec"]!["hostname"]);
    }

    [Fact]
    public void Containers_volumes_environment_and_mounts_are_merged_by_their_keys()
    {
        var spec = Apply(
            """
            {"spec":{"volumes":[{"name":"extra","emptyDir":{}}],
             "containers":[{"name":"app","env":[{"name":"B","value":"3"},{"name":"C","value":"4"}],
              "volumeMounts":[{"mountPath":"/data","name":"extra"}],"ports":[{"containerPort":80,"name":"http"}]}]}}
            """)["spec"]!;

        Assert.Equal(["data", "cfg", "extra"], Names(spec["volumes"]));
        Assert.Equal(["app", "side"], Names(spec["containers"]));
        var app = spec["containers"]![0]!;
        Assert.Equal("web:1", (string?)app["image"]);
        Assert.Equal("""[{"name":"A","value":"1"},{"name":"B","value":"3"},{"name":"C","value":"4"}]""", app["env"]!.ToJsonString());
        Assert.Equal("""[{"name":"extra","mountPath":"/data"}]""", app["volumeMounts"]!.ToJsonString());
        Assert.Equal("""[{"containerPort":80,"name":"http"}]""", app["ports"]!.ToJsonString());
    }

    [Fact]
    public void Lists_without_a_key_are_replaced()
    {
        var spec = Apply("""{"spec":{"tolerations":[{"key":"k"}],"containers":[{"name":"app","args":["c"]}]}}""")["spec"]!;

        Assert.Equal("""[{"key":"k"}]""", spec["tolerations"]!.ToJsonString());
        Assert.Equal("""["c"]""", spec["containers"]![0]!["args"]!.ToJsonString());
    }

    [Fact]
    public void Directives_delete_and_replace()
    {
        var spec = Apply(
            """
            {"spec":{"volumes":[{"$patch":"delete","name":"cfg"},{"$patch":"replace","name":"data","hostPath":{"path":"/x"}}],
             "containers":[{"$patch":"delete","name":"side"}]}}
            """)["spec"]!;

        Assert.Equal("""[{"name":"data","hostPath":{"path":"/x"}}]""", spec["volumes"]!.ToJsonString());
        Assert.Equal(["app"], Names(spec["containers"]));
        Assert.Equal(["only"], Names(Apply("""{"spec":{"volumes":[{"$patch":"replace"},{"name":"only","emptyDir":{}}]}}""")["spec"]!["volumes"]));
    }

    [Fact]
    public void Operations_of_rfc6902_are_carried_out()
    {
        var spec = Apply(
            """
            [{"op":"test","path":"/spec/priorityClassName","value":"high"},
             {"op":"replace","path":"/spec/containers/1/image","value":"side:2"},
             {"op":"add","path":"/spec/containers/0/args/-","value":"c"},
             {"op":"add","path":"/spec/containers/0/args/0","value":"0"},
             {"op":"remove","path":"/spec/volumes/1"},
             {"op":"add","path":"/metadata/labels/example.com~1role","value":"r"},
             {"op":"copy","from":"/spec/priorityClassName","path":"/spec/hostname"},
             {"op":"move","from":"/spec/priorityClassName","path":"/spec/subdomain"}]
            """)["spec"]!;

        Assert.Equal("side:2", (string?)spec["containers"]![1]!["image"]);
        Assert.Equal("""["0","a","b","c"]""", spec["containers"]![0]!["args"]!.ToJsonString());
        Assert.Equal(["data"], Names(spec["volumes"]));
        Assert.Equal(("high", "high", true), ((string?)spec["hostname"], (string?)spec["subdomain"], spec["priorityClassName"] is null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("5")]
    [InlineData("[5]")]
    [InlineData("[{\"op\":\"remove\"}]")]
    [InlineData("[{\"op\":\"remove\",\"path\":\"\"}]")]
    [InlineData("[{\"op\":\"paint\",\"path\":\"/spec\"}]")]
    [InlineData("[{\"op\":\"add\",\"path\":\"/spec/x\"}]")]
    [InlineData("{\"spec\":{\"containers\":[{\"image\":\"x\"}]}}")]
    public void Invalid_patches_are_refused(string patch) => Fails("PatchInvalid", patch);

    [Theory]
    [InlineData("[{\"op\":\"remove\",\"path\":\"/spec/nosuch\"}]")]
    [InlineData("[{\"op\":\"replace\",\"path\":\"/spec/containers/2\",\"value\":{}}]")]
    [InlineData("[{\"op\":\"add\",\"path\":\"/spec/containers/x\",\"value\":{}}]")]
    [InlineData("[{\"op\":\"add\",\"path\":\"/spec/priorityClassName/x\",\"value\":{}}]")]
    [InlineData("[{\"op\":\"test\",\"path\":\"/metadata/name\",\"value\":\"other\"}]")]
    public void Patches_of_missing_places_are_refused(string patch) => Fails("PatchNotApplicable", patch);

    private static JsonObject Apply(string patch) => ManifestPatch.Apply(PodDocument.Parse(new(Manifest)), patch).Json;

    private static void Fails(string errorId, string patch) => Assert.Equal(errorId, Assert.Throws<KubeCheckpointException>(() => Apply(patch)).ErrorId);

    private static IEnumerable<string?> Names(JsonNode? list) => list!.AsArray().Select(item => (string?)item!["name"]);
}
