using System.Diagnostics;
using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Restore images with false labels: each is refused with an error, quickly, and no pod is created.</summary>
public sealed class HostileImageTests : IDisposable
{
    private const string Manifest = """{"metadata":{"name":"web","namespace":"shop"},"spec":{"containers":[{"name":"counter","image":"c"}]}}""";

    private readonly ClusterSession _session = new();

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("no JSON", "PodManifestInvalid")]
    [InlineData("another kind", "PodManifestInvalid")]
    [InlineData("another folder as name", "InvalidName")]
    [InlineData("another folder as namespace", "InvalidName")]
    [InlineData("10 MB", "PodManifestInvalid")]
    [InlineData("many mounts", "RestoreMountsTooMany")]
    public void False_labels_create_no_pod(string what, string errorId)
    {
        var layout = Path.Combine(_session.Folder, "layout");
        var image = new HostileImage();
        image.Labels["io.kubecheckpoint.pod.manifest"] = what switch
        {
            "no JSON" => "\u0000{{{",
            "another kind" => Manifest.Replace("{\"metadata\"", "{\"kind\":\"Deployment\",\"metadata\"", StringComparison.Ordinal),
            "another folder as name" => Manifest.Replace("\"web\"", "\"../../x\"", StringComparison.Ordinal),
            "another folder as namespace" => Manifest.Replace("\"shop\"", "\"../../../apis\"", StringComparison.Ordinal),
            "10 MB" => Manifest.Replace("\"c\"", $"\"{new string('c', 10_000_000)}\"", StringComparison.Ordinal),
            _ => Manifest,
        };
        if (what == "many mounts")
            image.Labels["io.kubecheckpoint.needs"] = $$"""{"mounts":[{{string.Join(',', Enumerable.Repeat("""{"mountPath":"/a"}""", 200_000))}}]}""";
        image.Write(_session, Fixture.Archive("crio-counter.tar"), layout);
        Assert.NotNull(_session.Run("$script:image = Publish-RestoreImage $args[0] -Repository $args[1]; $script:image", layout, _session.Repository).Single);
        var before = _session.Cluster.Requests.Count;

        var clock = Stopwatch.StartNew();
        var outcome = _session.Run("$script:image | Restore-Pod");

        Assert.Equal(errorId, outcome.ErrorId);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"It took {clock.Elapsed}.");
        Assert.DoesNotContain(_session.Cluster.Requests.Skip(before), request => request.Method != "GET");
    }
}
