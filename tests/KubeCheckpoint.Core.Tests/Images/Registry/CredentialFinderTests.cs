using System.Net;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Images.Registry;

public sealed class CredentialFinderTests : IDisposable
{
    private const string Ada = "YWRhOmxvdmVsYWNl";
    private const string Bob = "Ym9iOmI=";

    private readonly TemporaryFolder _home = new();
    private readonly Dictionary<string, string> _environment = [];

    public CredentialFinderTests() => _environment["HOME"] = _home.Path;

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task The_order_is_that_of_podman_and_docker()
    {
        Assert.Null(await FindAsync());
        Write(".docker/config.json", Auths("r.io", "ZDpk"));
        Assert.Equal("d", (await FindAsync())!.UserName);
        Write(".config/containers/auth.json", Auths("r.io", "Yzpj"));
        Assert.Equal("c", (await FindAsync())!.UserName);
        _environment["XDG_RUNTIME_DIR"] = Path.Combine(_home.Path, "run");
        Write("run/containers/auth.json", Auths("r.io", Bob));
        Assert.Equal("bob", (await FindAsync())!.UserName);
        _environment["REGISTRY_AUTH_FILE"] = Write("mine.json", Auths("r.io", Ada));
        Assert.Equal("ada", (await FindAsync())!.UserName);
        Assert.Equal("given", (await FindAsync(options: new RegistryOptions { Credential = new NetworkCredential("given", "x") }))!.UserName);
    }

    [Fact]
    public async Task A_file_without_the_registry_leaves_it_to_the_next()
    {
        _environment["REGISTRY_AUTH_FILE"] = Write("mine.json", Auths("other.io", Bob));
        _environment["DOCKER_CONFIG"] = Path.GetDirectoryName(Write("docker/config.json", Auths("r.io", Ada)))!;

        var credential = await FindAsync();

        Assert.Equal(("ada", "lovelace"), (credential!.UserName, credential.Secret));
        Assert.EndsWith("config.json", credential.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"auths":{"r.io":{"auth":"Ym9iOmI="},"r.io/team":{"auth":"YWRhOmxvdmVsYWNl"}}}""", "r.io", "team/app", "ada")]
    [InlineData("""{"auths":{"r.io":{"auth":"Ym9iOmI="},"r.io/team":{"auth":"YWRhOmxvdmVsYWNl"}}}""", "r.io", "teams/app", "bob")]
    [InlineData("""{"auths":{"https://r.io/v2/":{"auth":"YWRhOmxvdmVsYWNl"}}}""", "r.io", "a", "ada")]
    [InlineData("""{"auths":{"https://index.docker.io/v1/":{"auth":"YWRhOmxvdmVsYWNl"}}}""", "docker.io", "library/a", "ada")]
    [InlineData("""{"auths":{"r.io:5000":{"auth":"YWRhOmxvdmVsYWNl"}}}""", "r.io:5000", "a", "ada")]
    [InlineData("""{"auths":{"r.io":{"identitytoken":"xyz","auth":"Ym9iOmI="}}}""", "r.io", "a", "<token>")]
    [InlineData("""{"auths":{"r.io":{"username":"ada","password":"p"}}}""", "r.io", "a", "ada")]
    [InlineData("""{"auths":{"r.io":{}}}""", "r.io", "a", null)]
    [InlineData("""{"auths":{"r.io/other":{"auth":"YWRhOmxvdmVsYWNl"}}}""", "r.io", "a", null)]
    [InlineData("", "r.io", "a", null)]
    public async Task Keys_are_matched_as_the_tools_write_them(string json, string registry, string repository, string? user)
    {
        _environment["REGISTRY_AUTH_FILE"] = Write("auth.json", json);

        Assert.Equal(user, (await FindAsync(registry, repository))?.UserName);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"auths":{"r.io":{"auth":"!"}}}""")]
    [InlineData("""{"auths":{"r.io":{"auth":"bm8gY29sb24="}}}""")]
    public async Task A_broken_file_is_named(string json)
    {
        _environment["REGISTRY_AUTH_FILE"] = Write("auth.json", json);

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => FindAsync());

        Assert.Equal("CredentialFileInvalid", failure.ErrorId);
        Assert.Contains("auth.json", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"credHelpers":{"r.io":"test"},"auths":{"r.io":{"auth":"Ym9iOmI="}}}""", "r.io", "ada for r.io")]
    [InlineData("""{"credsStore":"test","auths":{"r.io":{}}}""", "r.io", "ada for r.io")]
    [InlineData("""{"credsStore":"test"}""", "docker.io", "ada for https://index.docker.io/v1/")]
    [InlineData("""{"credsStore":"test"}""", "unknown.io", null)]
    public async Task A_helper_is_asked_by_stdin(string json, string registry, string? user)
    {
        if (OperatingSystem.IsWindows())
            return;
        Helper("""read server; case "$server" in unknown*) echo "credentials not found in native keychain"; exit 1;; esac; printf '{"ServerURL":"%s","Username":"ada for %s","Secret":"s"}' "$server" "$server" """);
        _environment["REGISTRY_AUTH_FILE"] = Write("auth.json", json);

        Assert.Equal(user, (await FindAsync(registry))?.UserName);
    }

    [Theory]
    [InlineData("exit 3", "exit code 3")]
    [InlineData("echo nonsense secret-in-output", "is not JSON")]
    public async Task A_helper_that_fails_is_named(string script, string words)
    {
        if (OperatingSystem.IsWindows())
            return;
        Helper(script);
        _environment["REGISTRY_AUTH_FILE"] = Write("auth.json", """{"credsStore":"test"}""");

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => FindAsync());

        Assert.Equal("CredentialHelperFailed", failure.ErrorId);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-in-output", failure.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("../../bin/sh")]
    public async Task A_helper_that_is_not_in_path_is_not_run(string name)
    {
        _environment["PATH"] = _home.Path;
        _environment["REGISTRY_AUTH_FILE"] = Write("auth.json", $$"""{"credsStore":"{{name}}"}""");

        Assert.Equal("CredentialHelperFailed", (await Assert.ThrowsAsync<KubeCheckpointException>(() => FindAsync())).ErrorId);
    }

    [Fact]
    public async Task Cancelling_ends_a_helper_that_hangs()
    {
        if (OperatingSystem.IsWindows())
            return;
        Helper("sleep 600");
        _environment["REGISTRY_AUTH_FILE"] = Write("auth.json", """{"credsStore":"test"}""");
        using var source = new CancellationTokenSource(100);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => FindAsync(cancellationToken: source.Token));
    }

    private Task<RegistryCredential?> FindAsync(
        string registry = "r.io", string repository = "a", RegistryOptions? options = null, CancellationToken cancellationToken = default) =>
        new CredentialFinder(name => _environment.GetValueOrDefault(name)).FindAsync(registry, repository, options ?? new RegistryOptions(), cancellationToken);

    private static string Auths(string key, string auth) => $$"""{"auths":{"{{key}}":{"auth":"{{auth}}"} } }""";

    private string Write(string name, string content)
    {
        var path = Path.Combine(_home.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    private void Helper(string script)
    {
        var path = Write("bin/docker-credential-test", "#!/bin/sh\n" + script + "\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        _environment["PATH"] = Path.GetDirectoryName(path)!;
    }
}
