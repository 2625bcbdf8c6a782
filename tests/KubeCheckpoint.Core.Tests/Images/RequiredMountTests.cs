using KubeCheckpoint.Images;
using KubeCheckpoint.Tests.Archives;

namespace KubeCheckpoint.Tests.Images;

/// <summary>The mounts without which a restore fails.</summary>
public sealed class RequiredMountTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("crio-counter.tar")]
    [InlineData("crio-multi-a.tar", "/scratch Directory")]
    [InlineData("containerd-multi-a.tar", "/scratch Directory")]
    [InlineData("crio-redis.tar", "/var/run/secrets/kubernetes.io/serviceaccount ServiceAccountToken")]
    [InlineData("containerd-redis.tar", "/var/run/secrets/kubernetes.io/serviceaccount ServiceAccountToken")]
    [InlineData("podman-counter-zstd.tar.zst", "/data Unknown")]
    public void Of_real_archives(string fixture, params string[] mounts) =>
        Assert.Equal(mounts, RequiredMounts.Read(Fixture.PathOf(fixture), CancellationToken.None).Select(mount => $"{mount.Path} {mount.Kind}"));

    [Fact]
    public void Of_every_kind()
    {
        const string Pod = "/var/lib/kubelet/pods/0a/";
        var spec = $$"""
            {"annotations":{"io.container.manager":"cri-o","io.kubernetes.container.terminationMessagePath":"/tmp/term"},"mounts":[
             {"destination":"/proc","type":"proc","source":"proc"},
             {"destination":"/z","type":"bind","source":"{{Pod}}volumes/kubernetes.io~empty-dir/z"},
             {"destination":"/sub","type":"bind","source":"{{Pod}}volume-subpaths/z/c/1"},
             {"destination":"/host/","type":"none","source":"/srv","options":["rbind","ro"]},
             {"destination":"/tmp/term","type":"bind","source":"{{Pod}}containers/c/1"},
             {"destination":"/run/secrets","type":"bind","source":"{{Pod}}volumes/kubernetes.io~secret/s"},
             {"destination":"/etc/passwd","type":"bind","source":"/var/lib/containers/storage/overlay-containers/1/userdata/passwd"},
             {"destination":"/run/.containerenv","type":"bind","source":"/run/containers/storage/overlay-containers/1/userdata/.containerenv"},
             {"destination":"/etc/hosts","type":"bind","source":"{{Pod}}etc-hosts"},
             {"destination":"/conf","type":"bind","source":"{{Pod}}volume-subpaths/cm/c/2"}]}
            """;
        var path = _folder.Write("a.tar", new TarBuilder().Add("config.dump", TarBuilder.Config).Add("spec.dump", spec)
            .Add("bind.mounts", """[{"source":"x","destination":"/conf","file_type":"file","permissions":420}]""").End());

        Assert.Equal(
            [new("/conf", RequiredMountKind.File), new("/host", RequiredMountKind.Unknown), new("/run/secrets", RequiredMountKind.Directory), new("/sub", RequiredMountKind.Unknown),
                new("/tmp/term", RequiredMountKind.TerminationLog), new RequiredMount("/z", RequiredMountKind.Directory)],
            RequiredMounts.Read(path, CancellationToken.None));
    }

    [Fact]
    public void A_label_says_the_same()
    {
        RequiredMount[] mounts = [new("/a\"b", RequiredMountKind.Directory), new("/t", RequiredMountKind.ServiceAccountToken), new("/ü", RequiredMountKind.Unknown)];
        var label = RequiredMounts.ToLabel(mounts);

        Assert.Equal("""[{"path":"/a\"b","kind":"directory"},{"path":"/t","kind":"serviceAccountToken"},{"path":"/ü","kind":"unknown"}]""", label);
        Assert.Equal(mounts, RequiredMounts.Parse(label));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[5]")]
    [InlineData("[null]")]
    [InlineData("""[{"kind":"file"}]""")]
    [InlineData("""[{"path":5}]""")]
    [InlineData("[[[[")]
    public void What_is_no_such_label_is_none(string? label) => Assert.Null(RequiredMounts.Parse(label));
}
