using System.Diagnostics;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Sandbox.Tests;

/// <summary>skopeo works with the sandbox's registry.</summary>
public sealed class SkopeoTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sandbox-skopeo-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkopeoFact]
    public async Task Images_are_pushed_and_pulled_unchanged()
    {
        await using var cluster = await StartAsync(new SandboxRegistryOptions());
        var image = await ImagePusher.PushAsync(cluster, "app", "crio-counter.tar", [ImagePusher.CriO]);
        var digest = Digest(await RunAsync("inspect", "--tls-verify=false", $"docker://{image}"));
        await RunAsync("copy", "--preserve-digests", "--src-tls-verify=false", $"docker://{image}", $"oci:{_folder}/layout:1");
        await RunAsync("copy", "--preserve-digests", "--dest-tls-verify=false", $"oci:{_folder}/layout:1", $"docker://{cluster.RegistryAddress}/other/app:2");
        Assert.Equal(digest, Digest(await RunAsync("inspect", "--tls-verify=false", $"docker://{cluster.RegistryAddress}/other/app:2")));
    }

    [SkopeoFact]
    public async Task Tokens_and_tls_work_as_in_a_registry()
    {
        await using var plain = await StartAsync(new SandboxRegistryOptions());
        var image = await ImagePusher.PushAsync(plain, "app", "containerd-counter.tar", [ImagePusher.Containerd]);
        await using var cluster = await StartAsync(new SandboxRegistryOptions { Authentication = RegistryAuthentication.Token, Tls = true, AbsoluteLocations = true });
        var authorities = Directory.CreateDirectory(Path.Join(_folder, "ca")).FullName;
        File.Copy(cluster.CertificateAuthorityPath, Path.Join(authorities, "ca.crt"));
        var target = $"docker://{cluster.RegistryAddress}/app:1";
        await RunAsync("copy", "--preserve-digests", "--src-tls-verify=false", $"--dest-cert-dir={authorities}", "--dest-creds=pusher:sandbox-password", $"docker://{image}", target);

        using var caller = Caller.WithToken(cluster, "admin");
        var pod = Manifests.Pod("restored", $"{cluster.RegistryAddress}/app:1", "node3");
        pod["spec"]!["automountServiceAccountToken"] = false;
        await caller.PostAsync("/api/v1/namespaces/default/pods", pod);
        await Eventually.TrueAsync(() => Manifests.IsReady(cluster, "restored"), "restored");
        Assert.Single(cluster.RestoredContainers);
    }

    private static Task<SandboxCluster> StartAsync(SandboxRegistryOptions registry) =>
        SandboxCluster.StartAsync(new SandboxOptions { Nodes = [new("node3", SandboxRuntime.Containerd)], DefaultPods = false, Registry = registry });

    private static string Digest(string inspection) => JsonNode.Parse(inspection)!["Digest"]!.GetValue<string>();

    private static async Task<string> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("skopeo", ["--insecure-policy", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await error);
        return output;
    }
}
