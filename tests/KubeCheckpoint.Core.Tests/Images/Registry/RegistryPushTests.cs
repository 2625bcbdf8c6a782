using System.Text;
using System.Text.Json;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Content;

namespace KubeCheckpoint.Core.Tests.Images.Registry;

/// <summary>Pushes to the real registry, reads back with skopeo.</summary>
public sealed class RegistryPushTests
{
    public static TheoryData<string> Archives => Fixture.Archives;

    [RequiresToolsTheory(Tools.Registry, Tools.Skopeo)]
    [MemberData(nameof(Archives))]
    public async Task What_is_pushed_is_what_skopeo_pulls(string name)
    {
        using var registry = new RealRegistry();
        using var folder = new TemporaryFolder();
        var reference = $"{registry.Host}/restore/web:one";

        var image = await Images.PushAsync(name, reference, registry.Options());

        var raw = Tools.RunSkopeo("inspect", "--raw", "--tls-verify=false", $"docker://{registry.Host}/restore/web@{image.Digest}");
        Assert.Equal(image.Digest, Images.Sha256(Encoding.UTF8.GetBytes(raw)));
        Tools.RunSkopeo("copy", "--preserve-digests", "--src-tls-verify=false", $"docker://{reference}", $"dir:{folder.Path}/copy");
        Assert.Equal(Images.Sha256(await File.ReadAllBytesAsync(Fixture.PathOf(name))), image.LayerDigest);
        Assert.Equal(await File.ReadAllBytesAsync(Fixture.PathOf(name)), await File.ReadAllBytesAsync(Path.Combine(folder.Path, "copy", image.LayerDigest![7..])));
        Assert.Equal((reference, registry.Host, true), (image.Reference, image.Destination, image.IsPushed));
    }

    [RequiresToolsFact(Tools.Registry)]
    public async Task A_second_push_sends_no_layer_and_gives_the_same_digest()
    {
        using var registry = new RealRegistry();
        var uploads = new List<string?>();
        var progress = new ImmediateProgress(value =>
        {
            lock (uploads)
                uploads.Add(value.Status);
        });

        var first = await Images.PushAsync("crio-counter.tar", $"{registry.Host}/a:1", registry.Options(), progress);
        var uploadsOfFirst = uploads.Count(status => status == "Uploading the layer");
        var second = await Images.PushAsync("crio-counter.tar", $"{registry.Host}/a:2", registry.Options(), progress);

        Assert.Equal(first.Digest, second.Digest);
        Assert.True(uploadsOfFirst > 0);
        Assert.Equal(uploadsOfFirst, uploads.Count(status => status == "Uploading the layer"));
    }

    [RequiresToolsFact(Tools.Registry)]
    public async Task A_repository_gets_a_tag_made_from_the_archive()
    {
        using var registry = new RealRegistry();
        var image = await RestoreImageFactory.CreateAsync(
            new RestoreImageRequest { Archive = await Images.ReadAsync("crio-counter.tar"), Repository = $"{registry.Host}/restore", Registry = registry.Options() },
            null, CancellationToken.None);

        Assert.Equal($"{registry.Host}/restore:counter-counter-20261123t065040z", image.Reference);
    }

    [RequiresToolsFact(Tools.Registry, Tools.Skopeo)]
    public async Task A_login_is_asked_for_used_and_refused()
    {
        using var registry = new RealRegistry(login: true);
        var reference = $"{registry.Host}/a:1";

        var without = await Assert.ThrowsAsync<KubeCheckpointException>(() => Images.PushAsync("crio-counter.tar", reference, registry.Options()));
        var wrong = await Assert.ThrowsAsync<KubeCheckpointException>(() => Images.PushAsync("crio-counter.tar", reference, registry.Options("wrong-secret")));
        var image = await Images.PushAsync("crio-counter.tar", reference, registry.Options(RealRegistry.Password));

        Assert.Equal("RegistryUnauthorized", without.ErrorId);
        Assert.Contains("no credentials were found", without.Message, StringComparison.Ordinal);
        Assert.Equal("RegistryUnauthorized", wrong.ErrorId);
        Assert.Contains("-RegistryCredential", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-secret", wrong.ToString(), StringComparison.Ordinal);
        var raw = Tools.RunSkopeo("inspect", "--raw", "--tls-verify=false", $"--creds={RealRegistry.User}:{RealRegistry.Password}", $"docker://{reference}");
        Assert.Equal(image.Digest, Images.Sha256(Encoding.UTF8.GetBytes(raw)));
    }

    [RequiresToolsFact(Tools.Registry)]
    public async Task A_certificate_is_verified_unless_told_otherwise()
    {
        using var registry = new RealRegistry(tls: true);
        var reference = $"{registry.Host}/a:1";

        var untrusted = await Assert.ThrowsAsync<KubeCheckpointException>(() => Images.PushAsync("crio-counter.tar", reference, registry.Options()));
        var named = await Assert.ThrowsAsync<KubeCheckpointException>(() =>
            Images.PushAsync("crio-counter.tar", reference.Replace("127.0.0.1", "localhost"), registry.Options(trust: true)));
        var trusted = await Images.PushAsync("crio-counter.tar", reference, registry.Options(trust: true));
        var skipped = await Images.PushAsync("crio-counter.tar", reference, registry.Options(skipCheck: true));

        Assert.Equal(("RegistryCertificateInvalid", "RegistryCertificateInvalid"), (untrusted.ErrorId, named.ErrorId));
        Assert.Contains("another name", named.Message, StringComparison.Ordinal);
        Assert.Equal(trusted.Digest, skipped.Digest);
    }

    [RequiresToolsFact(Tools.Registry, Tools.Skopeo)]
    public async Task The_config_carries_platform_time_and_the_pod()
    {
        using var registry = new RealRegistry();
        await Images.PushAsync("crio-counter.tar", $"{registry.Host}/a:1", registry.Options());

        using var config = JsonDocument.Parse(Tools.RunSkopeo("inspect", "--raw", "--config", "--tls-verify=false", $"docker://{registry.Host}/a:1"));

        Assert.Equal("amd64", config.RootElement.Text("architecture"));
        Assert.Equal("linux", config.RootElement.Text("os"));
        Assert.Equal("2026-11-23T06:50:40.2949257Z", config.RootElement.Text("created"));
        using var pod = JsonDocument.Parse(config.RootElement.Text("config", "Labels", RestoreImageLabels.PodManifest));
        Assert.Equal(("v1", "Pod"), (pod.RootElement.Text("apiVersion"), pod.RootElement.Text("kind")));
        Assert.Equal("Zähler", pod.RootElement.Text("metadata", "labels", "app"));
        Assert.False(pod.RootElement.TryGetProperty("status", out _));
        Assert.False(pod.RootElement.GetProperty("metadata").TryGetProperty("managedFields", out _));
    }
}
