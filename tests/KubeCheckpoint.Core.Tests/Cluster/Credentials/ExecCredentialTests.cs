using System.Text.Json;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Credentials;
using KubeCheckpoint.Cluster.KubeConfigs;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.Credentials;

public sealed class ExecCredentialTests
{
    private const string V1 = "client.authentication.k8s.io/v1";

    private static readonly ExecPluginConfig Plugin = new("/home/me/.kube", "corp-login", V1);

    [Fact]
    public void Reads_a_token_and_its_end()
    {
        var credential = Parse("""{"token":"sesame","expirationTimestamp":"2030-01-31T12:00:00Z"}""");
        Assert.Equal("Bearer sesame", credential.Credential.Authorization!.ToString());
        Assert.Null(credential.Credential.Certificate);
        Assert.Equal(new DateTimeOffset(2030, 1, 31, 12, 0, 0, TimeSpan.Zero), credential.Expires);
    }

    [Fact]
    public void Reads_a_certificate_beside_a_token()
    {
        var (certificate, key) = SelfSigned.Issue();
        var credential = Parse(JsonSerializer.Serialize(new { token = "sesame", clientCertificateData = certificate, clientKeyData = key })).Credential;
        Assert.Equal("Bearer sesame", credential.Authorization!.ToString());
        var target = credential.Certificate!.Context.TargetCertificate;
        Assert.Equal("CN=me", target.Subject);
        Assert.True(target.HasPrivateKey);
    }

    [Theory]
    [InlineData("", "printed nothing")]
    [InlineData("hello", "not valid JSON")]
    [InlineData("{", "not valid JSON")]
    [InlineData("""{"kind":"ExecCredential"} {}""", "not valid JSON")]
    [InlineData("""{"kind":"ExecCredential","kind":"ExecCredential"}""", "not valid JSON")]
    [InlineData("""{"kind":"\ud800"}""", "not valid JSON")]
    [InlineData("[]", "not an ExecCredential")]
    [InlineData("\"token\"", "not an ExecCredential")]
    [InlineData("""{"kind":"Secret"}""", "not an ExecCredential")]
    [InlineData("""{"kind":"ExecCredential"}""", "apiVersion ''")]
    [InlineData("""{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"t"}}""", "asks for 'client.authentication.k8s.io/v1'")]
    [InlineData("""{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"}""", "without a status")]
    [InlineData("""{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":null}""", "without a status")]
    [InlineData("""{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":"t"}""", "without a status")]
    public void Refuses_what_is_no_credential(string output, string problem) => AssertRefused(output, problem);

    [Theory]
    [InlineData("{}", "neither a token nor a client certificate")]
    [InlineData("""{"token":""}""", "neither a token nor a client certificate")]
    [InlineData("""{"token":5}""", "token is not text")]
    [InlineData("""{"token":"a b"}""", "characters that a token cannot have")]
    [InlineData("""{"token":"a\r\nHost: b"}""", "characters that a token cannot have")]
    [InlineData("""{"clientCertificateData":"x"}""", "no clientKeyData")]
    [InlineData("""{"clientKeyData":"x"}""", "no clientCertificateData")]
    [InlineData("""{"token":"t","clientKeyData":"x"}""", "no clientCertificateData")]
    [InlineData("""{"clientCertificateData":"x","clientKeyData":"y"}""", "unusable client certificate")]
    [InlineData("""{"token":"t","expirationTimestamp":"tomorrow"}""", "expirationTimestamp")]
    [InlineData("""{"token":"t","expirationTimestamp":1893456000}""", "expirationTimestamp is not text")]
    public void Refuses_an_unusable_status(string status, string problem) => AssertRefused(Document(status), problem);

    [Fact]
    public void Refuses_a_key_of_another_certificate()
    {
        var status = JsonSerializer.Serialize(new { clientCertificateData = SelfSigned.Issue().Certificate, clientKeyData = SelfSigned.Issue().Key });
        AssertRefused(Document(status), "unusable client certificate");
    }

    [Fact]
    public void Tells_the_plugin_what_it_is_asked_for()
    {
        var cluster = JsonNode.Parse("""{"server":"https://one","certificate-authority-data":"a+b/"}""");
        Assert.Equal(
            """{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":true,"cluster":{"server":"https://one","certificate-authority-data":"a+b/"}}}""",
            ExecCredential.ToRequest(Plugin, isInteractive: true, cluster));
        Assert.Equal(
            """{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","spec":{"interactive":false}}""",
            ExecCredential.ToRequest(Plugin with { ApiVersion = "client.authentication.k8s.io/v1beta1" }, isInteractive: false, null));
    }

    private static ExecCredential Parse(string status) => ExecCredential.Parse(Plugin, Document(status));

    private static string Document(string status) => $$"""{"kind":"ExecCredential","apiVersion":"{{V1}}","spec":{},"status":{{status}}}""";

    private static void AssertRefused(string output, string problem)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => ExecCredential.Parse(Plugin, output));
        Assert.Equal("CredentialPluginFailed", failure.ErrorId);
        Assert.Contains("'corp-login'", failure.Message, StringComparison.Ordinal);
        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
    }
}
