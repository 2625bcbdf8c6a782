using System.Management.Automation;
using System.Net;
using System.Text;
using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests.Pipeline;

/// <summary>
/// Secrets are planted in every place from which a cmdlet takes one, and searched for in everything that it shows, also where a server
/// sends them back. A new cmdlet needs an entry here.
/// </summary>
public sealed class SecretTests : IDisposable
{
    private const string Token = "planted-kube-token-71";
    private const string PluginToken = "planted-plugin-token-72";
    private const string PluginArgument = "planted-plugin-argument-73";
    private const string Password = "planted-kube-password-74";
    private const string ProxyPassword = "planted-proxy-password-75";
    private const string KeyData = "planted-client-key-76";
    private const string RegistryPassword = "planted-registry-password-77";
    private const string IdentityToken = "planted-identity-token-78";
    private const string KubeletToken = "planted-kubelet-token-79";
    private const string Planted = "planted-";

    // In the environment of a process of the archive.
    private const string Variable = "parent-secret-1";

    // Cmdlets that connect to a cluster: $args[0] is the kubeconfig, $args[1] a repository.
    private static readonly Dictionary<string, string> OfClusters = new()
    {
        ["Get-Pod"] = "Get-Pod -KubeConfig $args[0]",
        ["Get-CheckpointLeftover"] = "Get-CheckpointLeftover -KubeConfig $args[0]",
        ["Remove-CheckpointLeftover"] = "[KubeCheckpoint.CheckpointLeftover]@{ Kind = 'Pod'; Namespace = 'shop'; Name = 'x'; Uid = 'y'; State = 'Abandoned'; Place = 'Cluster' } | " +
            "Remove-CheckpointLeftover -KubeConfig $args[0] -Confirm:$false",
        ["Grant-CheckpointAccess"] = "Grant-CheckpointAccess -KubeConfig $args[0] -Task Checkpoint -Subject User:x -Confirm:$false",
        ["Initialize-CheckpointNode"] = "Initialize-CheckpointNode node1 -KubeConfig $args[0] -Confirm:$false",
        ["Invoke-ContainerCheckpoint"] = "Invoke-ContainerCheckpoint web -Namespace shop -KubeConfig $args[0] -Confirm:$false",
        ["Move-Pod"] = "Move-Pod web -Namespace shop -NodeName node2 -Repository $args[1] -KubeConfig $args[0] -Confirm:$false",
        ["Restore-Pod"] = "Restore-Pod ./pod.tar -Repository $args[1] -KubeConfig $args[0] -Confirm:$false",
        ["Save-CheckpointArchive"] = "Save-CheckpointArchive -NodeName node1 -NodePath /var/lib/kubelet/checkpoints/checkpoint-a_b-c-2026-01-01T00:00:00Z.tar -Destination . -KubeConfig $args[0]",
        ["Test-CheckpointArchive"] = "Test-CheckpointArchive ./pod.tar -NodeName node1 -KubeConfig $args[0]",
        ["Test-CheckpointSupport"] = "Test-CheckpointSupport node1 -KubeConfig $args[0]",
        ["Test-PodRestore"] = "Test-PodRestore web -Namespace shop -Repository $args[1] -KubeConfig $args[0] -Confirm:$false",
    };

    // Cmdlets that connect to a registry: $args[0] is the repository, and $args[1] splats the credentials.
    private static readonly Dictionary<string, string> OfRegistries = new()
    {
        ["Get-RestoreImage"] = "$c = $args[1]; Get-RestoreImage -Repository $args[0] @c",
        ["New-RestoreImage"] = "$c = $args[1]; New-RestoreImage ./pod.tar -Repository $args[0] @c",
        ["Publish-RestoreImage"] = "$c = $args[1]; New-RestoreImage ./pod.tar -Destination ./layout; Publish-RestoreImage ./layout -Repository $args[0] @c",
        ["Test-RestoreImage"] = "$c = $args[1]; Test-RestoreImage -Reference \"$($args[0]):x\" @c",
    };

    // Cmdlets of archives, which hold the memory, the environment and the arguments of a process: these are shown to whoever asks for them.
    private static readonly Dictionary<string, string> OfArchives = new()
    {
        ["Compare-CheckpointArchive"] = "Compare-CheckpointArchive ./pod.tar ./other.tar -Kind Process, Mount, FileChange",
        ["ConvertFrom-CriuImage"] = "ConvertFrom-CriuImage ./pod.tar -Member checkpoint/pstree.img",
        ["ConvertTo-CriuImage"] = "ConvertFrom-CriuImage ./pod.tar -Member checkpoint/pstree.img | ConvertTo-CriuImage -Destination ./pstree.img -Force",
        ["Expand-CheckpointArchive"] = "Expand-CheckpointArchive ./pod.tar -Destination ./expanded -Force",
        ["Export-CheckpointCoreDump"] = "Export-CheckpointCoreDump ./pod.tar -Destination ./cores -Force",
        ["Export-CheckpointMemory"] = "Export-CheckpointMemory ./pod.tar -Map '*' -Destination ./memory -Force",
        ["Get-CheckpointArchive"] = "Get-CheckpointArchive ./pod.tar",
        ["Get-CheckpointFileChange"] = "Get-CheckpointFileChange ./pod.tar",
        ["Get-CheckpointLog"] = "Get-CheckpointLog ./pod.tar",
        ["Get-CheckpointMemoryMap"] = "Get-CheckpointMemoryMap ./pod.tar",
        ["Get-CheckpointMount"] = "Get-CheckpointMount ./pod.tar",
        ["Get-CheckpointOpenFile"] = "Get-CheckpointOpenFile ./pod.tar",
        ["Get-CheckpointProcess"] = "Get-CheckpointProcess ./pod.tar",
        ["Get-CheckpointSocket"] = "Get-CheckpointSocket ./pod.tar",
        ["Get-CheckpointStatistic"] = "Get-CheckpointStatistic ./pod.tar",
        ["Search-CheckpointMemory"] = "Search-CheckpointMemory ./pod.tar -Pattern no-such-text-anywhere",
    };

    private readonly ModuleSession _session = new();
    private readonly EchoServer _server = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("kubecheckpoint").FullName;

    public SecretTests()
    {
        File.Copy(Fixture.Archive("zoo-crio.tar"), Path.Combine(_folder, "pod.tar"));
        File.Copy(Fixture.Archive("crio-counter.tar"), Path.Combine(_folder, "other.tar"));
        _session.Run("$ExecutionContext.SessionState.Path.SetLocation($args[0]) | Out-Null", _folder);
    }

    public static TheoryData<string> Clusters => [.. OfClusters.Keys.Where(Exists)];

    public static TheoryData<string> Registries => [.. OfRegistries.Keys];

    public static TheoryData<string> Archives => [.. OfArchives.Keys];

    private static IReadOnlyList<string> Cmdlets { get; } = Names();

    public void Dispose()
    {
        _session.Dispose();
        _server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Every_cmdlet_has_an_entry() =>
        Assert.Empty(Cmdlets.Except([.. OfClusters.Keys, .. OfRegistries.Keys, .. OfArchives.Keys], StringComparer.OrdinalIgnoreCase));

    [UnixTheory]
    [MemberData(nameof(Clusters))]
    public void A_cluster_that_shows_what_it_was_sent(string name)
    {
        var script = OfClusters[name];
        foreach (var (status, isJson) in ((int, bool)[])[(401, true), (403, false), (200, false)])
            ShowsNothing(script, status, isJson, KubeConfig($"token: {Token}"));
        ShowsNothing(script, 403, true, KubeConfig($"exec: {{apiVersion: client.authentication.k8s.io/v1, command: {Plugin()}, args: [{PluginArgument}], env: [{{name: X, value: {PluginArgument}}}], interactiveMode: Never}}"));
        ShowsNothing(script, 403, true, KubeConfig($"username: jane, password: {Password}"));
        ShowsNothing(script, 407, false, KubeConfig("token: none-at-all", $", proxy-url: \"http://user:{ProxyPassword}@{_server.Address}\"", "https://server.invalid"));
        ShowsNothing(script, 200, false, KubeConfig($"client-certificate-data: {Base64(KeyData)}, client-key-data: {Base64(KeyData)}", server: $"https://{_server.Address}"));

        Assert.All([Token, PluginToken, Base64($"jane:{Password}"), Base64($"user:{ProxyPassword}")], secret => Assert.Contains(secret, _server.Received, StringComparison.Ordinal));
    }

    [Fact]
    public void A_kubelet_that_shows_what_it_was_sent()
    {
        var token = new NetworkCredential("", KubeletToken).SecurePassword;
        foreach (var (status, isJson) in ((int, bool)[])[(401, false), (403, true), (200, false)])
        {
            ShowsNothing("Get-Pod -KubeletUri $args[0] -Token $args[1]", status, isJson, $"http://{_server.Address}", token);
            ShowsNothing("Invoke-ContainerCheckpoint web -Namespace shop -KubeletUri $args[0] -Token $args[1] -Confirm:$false", status, isJson, $"http://{_server.Address}", token);
        }
    }

    [Theory]
    [MemberData(nameof(Registries))]
    public void A_registry_that_shows_what_it_was_sent(string name)
    {
        foreach (var challenge in (string[])["Basic realm=\"x\"", $"Bearer realm=\"http://{_server.Address}/token\",service=\"x\""])
        {
            _server.Challenge = challenge;
            foreach (var (status, isJson) in ((int, bool)[])[(401, true), (403, false), (200, false)])
            {
                foreach (var (user, secret) in ((string, string)[])[("pusher", RegistryPassword), ("<token>", IdentityToken)])
                {
                    var credentials = new System.Collections.Hashtable { ["RegistryCredential"] = new PSCredential(user, new NetworkCredential("", secret).SecurePassword) };
                    ShowsNothing(OfRegistries[name], status, isJson, $"{_server.Address}/app", credentials);
                }
            }
        }

        Assert.Contains(Base64($"pusher:{RegistryPassword}"), _server.Received, StringComparison.Ordinal);
        Assert.Contains(IdentityToken, _server.Received, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public void An_archive_shows_memory_and_environment_only_where_they_are_asked_for(string name)
    {
        var shown = EverythingShown.Run(_session, OfArchives[name]);

        Assert.NotEmpty(shown);
        Assert.DoesNotContain(Variable, shown, StringComparison.Ordinal);
    }

    [Fact]
    public void The_environment_is_shown_to_whoever_asks_for_it() =>
        Assert.Contains(Variable, EverythingShown.Run(_session, "Get-CheckpointProcess ./pod.tar -IncludeEnvironment"), StringComparison.Ordinal);

    private void ShowsNothing(string script, int status, bool isJson, params object?[] arguments)
    {
        (_server.Status, _server.IsJson) = (status, isJson);

        var shown = EverythingShown.Run(_session, script, [.. arguments, $"{_server.Address}/x"]);

        var at = shown.IndexOf(Planted, StringComparison.Ordinal);
        Assert.True(at < 0, $"{script}, {status}: {(at < 0 ? "" : shown[Math.Max(0, at - 500)..Math.Min(shown.Length, at + 100)])}");
        Assert.All(Encoded, secret => Assert.DoesNotContain(secret, shown, StringComparison.Ordinal));
        Assert.All(
            Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) is not ("config" or "plugin" or "pod.tar" or "other.tar")),
            file => Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf(Encoding.ASCII.GetBytes(Planted))));
    }

    private static string[] Encoded { get; } =
        [Base64($"jane:{Password}"), Base64($"user:{ProxyPassword}"), Base64($"pusher:{RegistryPassword}"), Base64($"<token>:{IdentityToken}"), Base64(KeyData)];

    private string KubeConfig(string user, string cluster = "", string? server = null)
    {
        var path = Path.Combine(_folder, "config");
        File.WriteAllText(path, $$$"""
            apiVersion: v1
            kind: Config
            clusters: [{name: echo, cluster: {server: "{{{server ?? $"http://{_server.Address}"}}}"{{{cluster}}}}}]
            users: [{name: user, user: {{{{user}}}}}]
            contexts: [{name: echo, context: {cluster: echo, user: user}}]
            current-context: echo
            """);
        return path;
    }

    private string Plugin()
    {
        var path = Path.Combine(_folder, "plugin");
        File.WriteAllText(path, $$$"""
            #!/bin/sh
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"{{{PluginToken}}}"}}'
            """);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private static bool Exists(string name) => Cmdlets.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static List<string> Names()
    {
        using var session = new ModuleSession();
        return [.. session.Run("(Get-Command -Module KubeCheckpoint).Name").Objects.Select(name => name.ToString())];
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
