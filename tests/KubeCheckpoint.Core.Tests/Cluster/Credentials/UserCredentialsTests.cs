using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Credentials;
using KubeCheckpoint.Cluster.KubeConfigs;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.Credentials;

public sealed class UserCredentialsTests : IDisposable
{
    private const string Ed25519Certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBLjCB4aADAgECAhRJYLku163iA9+CZ/HkMlvkcA6OeDAFBgMrZXAwDTELMAkG
        A1UEAwwCbWUwHhcNMjYxMTMwMTc0MTA5WhcNMjYxMjMwMTc0MTA5WjANMQswCQYD
        VQQDDAJtZTAqMAUGAytlcAMhAK8d1JhG9SqZpo9Jr5zSCqPVmOzWrEZEt5TGXMWN
        09g3o1MwUTAdBgNVHQ4EFgQUjgfIsxKGiC3VcKlxFFuE5k1mOncwHwYDVR0jBBgw
        FoAUjgfIsxKGiC3VcKlxFFuE5k1mOncwDwYDVR0TAQH/BAUwAwEB/zAFBgMrZXAD
        QQA1aRTq5EVabDxfFpKI8zrL6E2QJB8txgCLYzdxyrPo7ganfTGl3l6qatRxztIj
        3OvbWcQHHRklFCfdk85larwD
        -----END CERTIFICATE-----
        """;

    private static readonly KubeConfigLocation Location = new(Path.GetFullPath("config"), 12);
    private static readonly KubeConfigUser Nobody = new("me", Location);
    private static readonly KubeConfigCluster Cluster = new("prod", Location) { Server = "https://one:6443" };

    private readonly PluginScript _script = new(PluginScript.PrintToken("of-plugin"));

    public void Dispose() => _script.Dispose();

    [Fact]
    public async Task A_user_without_credentials_sends_none() => Assert.Equal(RequestCredential.None, await GetAsync(Nobody));

    [Fact]
    public async Task Sends_a_token_or_a_password()
    {
        Assert.Equal("Bearer sesame", (await GetAsync(Nobody with { Token = "sesame" })).Authorization!.ToString());
        Assert.Equal("Basic bWU6c2VzYW1l", (await GetAsync(Nobody with { UserName = "me", Password = "sesame" })).Authorization!.ToString());
    }

    [Fact]
    public async Task A_token_file_has_precedence_over_a_token()
    {
        await File.WriteAllTextAsync(_script.PathOf("tok"), "of-file\n");
        var user = Nobody with { Token = "stale", TokenFile = _script.PathOf("tok"), Exec = _script.Config };
        Assert.Equal("Bearer of-file", (await GetAsync(user)).Authorization!.ToString());
    }

    [UnixFact]
    public async Task A_plugin_runs_only_where_there_is_no_other_credential()
    {
        var (certificate, key) = SelfSigned.Issue();
        var withCertificate = Nobody with { ClientCertificate = Content("client-certificate-data", certificate), ClientKey = Content("client-key-data", key), Exec = _script.Config };
        var sent = await GetAsync(withCertificate);
        Assert.Null(sent.Authorization);
        Assert.Equal("CN=me", sent.Certificate!.Context.TargetCertificate.Subject);
        Assert.Equal("Bearer sesame", (await GetAsync(withCertificate with { Token = "sesame" })).Authorization!.ToString());
        Assert.Equal(0, _script.Runs);
        Assert.Equal("Bearer of-plugin", (await GetAsync(Nobody with { Exec = _script.Config })).Authorization!.ToString());
    }

    [UnixFact]
    public void Creating_a_credential_runs_no_plugin()
    {
        UserCredentials.Create(Nobody with { Exec = _script.Config }, Cluster, PluginInteraction.Terminal);
        Assert.Equal(0, _script.Runs);
    }

    [UnixFact]
    public async Task Tells_the_plugin_about_the_cluster_where_the_kubeconfig_says_so()
    {
        _script.Write("plugin", $"echo \"$KUBERNETES_EXEC_INFO\" > request; {PluginScript.PrintToken("t")}");
        await GetAsync(Nobody with { Exec = _script.Config });
        Assert.Null(Request()["spec"]!["cluster"]);

        var cluster = Cluster with
        {
            TlsServerName = "prod.example",
            CertificateAuthority = Content("certificate-authority-data", "a certificate"),
            ProxyUrl = "socks5://proxy:1080",
            DisableCompression = true,
            ExecExtension = JsonNode.Parse("""{"audience":"06e3"}"""),
        };
        await UserCredentials.Create(Nobody with { Exec = _script.Config with { ProvideClusterInfo = true } }, cluster, PluginInteraction.Terminal).GetAsync(default);
        Assert.True(JsonNode.DeepEquals(Request()["spec"]!["cluster"], JsonNode.Parse($$"""
            {
              "server": "https://one:6443",
              "tls-server-name": "prod.example",
              "certificate-authority-data": "{{Convert.ToBase64String(Encoding.UTF8.GetBytes("a certificate"))}}",
              "proxy-url": "socks5://proxy:1080",
              "disable-compression": true,
              "config": {"audience":"06e3"}
            }
            """)), Request().ToJsonString());
    }

    [Theory]
    [InlineData("", "corp-login", "no apiVersion")]
    [InlineData("client.authentication.k8s.io/v1alpha1", "corp-login", "client.authentication.k8s.io/v1alpha1, which Kubernetes has removed")]
    [InlineData("v1", "corp-login", "apiVersion 'v1'")]
    [InlineData("client.authentication.k8s.io/v1", "", "without 'command'")]
    public void Refuses_a_plugin_that_kubectl_refuses(string version, string command, string problem) =>
        AssertInvalid(Nobody with { Exec = new("/home/me/.kube", command, version) }, problem);

    [Fact]
    public void Refuses_a_token_that_is_not_one() => AssertInvalid(Nobody with { Token = "a b" }, "characters that a token cannot have");

    [Fact]
    public void Refuses_a_certificate_with_the_key_of_another() => AssertInvalid(
        Nobody with { ClientCertificate = Content("client-certificate-data", SelfSigned.Issue().Certificate), ClientKey = Content("client-key-data", SelfSigned.Issue().Key) },
        "'client-certificate-data' and 'client-key-data' are not a certificate and its private key");

    [Fact]
    public void Says_that_a_key_is_encrypted()
    {
        var (certificate, key) = SelfSigned.Issue();
        using var ecdsa = ECDsa.Create();
        ecdsa.ImportFromPem(key);
        var encrypted = ecdsa.ExportEncryptedPkcs8PrivateKeyPem("a", new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
        AssertInvalid(
            Nobody with { ClientCertificate = Content("client-certificate", certificate), ClientKey = Content("client-key", encrypted) },
            "'client-certificate' and 'client-key' have an encrypted private key");
    }

    [Fact]
    public void Says_that_a_key_is_of_a_kind_that_cannot_be_used() => AssertInvalid(
        Nobody with { ClientCertificate = Content("client-certificate", Ed25519Certificate), ClientKey = Content("client-key", SelfSigned.Issue().Key) },
        "'client-certificate' and 'client-key' have an Ed25519 key");

    [Fact]
    public void Refuses_a_certificate_among_countless_others() => AssertInvalid(
        Nobody with
        {
            ClientCertificate = Content("client-certificate", string.Concat(Enumerable.Repeat("-----BEGIN ", 20_000))),
            ClientKey = Content("client-key", SelfSigned.Issue().Key),
        },
        "'client-certificate' and 'client-key' have more than 100 objects in PEM format");

    private static ValueTask<RequestCredential> GetAsync(KubeConfigUser user) => UserCredentials.Create(user, Cluster, PluginInteraction.Terminal).GetAsync(default);

    private static void AssertInvalid(KubeConfigUser user, string problem)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => UserCredentials.Create(user, Cluster, PluginInteraction.Terminal));
        Assert.Equal("KubeConfigInvalid", failure.ErrorId);
        Assert.Contains($"{Location.File}' cannot be used: line 12: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
    }

    private static KubeConfigContent Content(string field, string text) => new(field, Location, null, Encoding.UTF8.GetBytes(text));

    private JsonNode Request() => JsonNode.Parse(_script.Read("request"))!;
}
