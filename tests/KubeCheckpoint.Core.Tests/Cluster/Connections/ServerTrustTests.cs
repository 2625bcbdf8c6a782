using System.Security.Cryptography.X509Certificates;
using System.Text;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.Connections;

/// <summary>Which servers receive the credentials, against real TLS servers.</summary>
public sealed class ServerTrustTests : IDisposable
{
    private readonly TestAuthority _authority = new("test CA");
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_certificate_for_the_host_is_trusted()
    {
        await using var server = new RecordingServer(_authority.Issue(["127.0.0.1"]));
        await ListAsync(server, Authority(_authority));
        Assert.Contains("Authorization: Bearer t0", Assert.Single(server.Requests), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("other.example", "")]
    [InlineData("127.0.0.1", "tls-server-name: api.example")]
    [InlineData("127.0.0.2", "")]
    [InlineData("localhost", "")]
    public async Task A_certificate_for_another_name_is_refused_before_anything_is_sent(string name, string setting)
    {
        await using var server = new RecordingServer(_authority.Issue([name]));
        var failure = await RefusedAsync(server, $"{Authority(_authority)}, {setting}");
        Assert.Contains($"valid for {name}, and not for", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_common_name_alone_is_no_name()
    {
        await using var server = new RecordingServer(_authority.Issue(["127.0.0.1"], isNameless: true));
        var failure = await RefusedAsync(server, Authority(_authority));
        Assert.Contains("valid for no name", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_name_for_tls_replaces_the_host_in_tls_only()
    {
        await using var server = new RecordingServer(_authority.Issue(["api.example"]));
        await ListAsync(server, $"{Authority(_authority)}, tls-server-name: api.example");
        Assert.Equal("api.example", Assert.Single(server.ServerNames));
        Assert.Contains($"Host: 127.0.0.1:{server.Port}\r\n", Assert.Single(server.Requests), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_for_clients_only_is_refused()
    {
        await using var server = new RecordingServer(_authority.Issue(["127.0.0.1"], TestAuthority.ForClients));
        Assert.Contains("not valid for a server", (await RefusedAsync(server, Authority(_authority))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expired_certificate_is_refused_with_its_dates()
    {
        await using var server = new RecordingServer(_authority.Issue(["127.0.0.1"], until: DateTimeOffset.UtcNow.AddHours(-1)));
        Assert.Contains("is not valid now", (await RefusedAsync(server, Authority(_authority))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_authority_is_refused_whatever_its_name()
    {
        using var impostor = new TestAuthority("test CA");
        await using var server = new RecordingServer(impostor.Issue(["127.0.0.1"]), [impostor.Certificate]);
        await RefusedAsync(server, Authority(_authority));
        await RefusedAsync(server, "");
    }

    [Fact]
    public async Task One_of_several_authorities_is_enough()
    {
        using var other = new TestAuthority("other CA");
        await using var server = new RecordingServer(_authority.Issue(["127.0.0.1"]));
        await ListAsync(server, $"certificate-authority-data: {KubeConfigText.Base64(other.Pem + "# the next one\n" + _authority.Pem)}");
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Each_of_several_authorities_with_the_same_name_is_tried()
    {
        using var next = new TestAuthority("test CA");
        using var impostor = new TestAuthority("test CA");
        foreach (var authority in new[] { _authority, next })
        {
            await using var server = new RecordingServer(authority.Issue(["127.0.0.1"]));
            await ListAsync(server, $"certificate-authority-data: {KubeConfigText.Base64(_authority.Pem + next.Pem)}");
            Assert.Single(server.Requests);
        }

        await using var wrong = new RecordingServer(impostor.Issue(["127.0.0.1"]), [impostor.Certificate]);
        await RefusedAsync(wrong, $"certificate-authority-data: {KubeConfigText.Base64(_authority.Pem + next.Pem)}");
    }

    [Theory]
    [InlineData("*.api.example")]
    [InlineData("no name")]
    public async Task Text_that_is_no_name_of_a_host_matches_no_certificate(string name)
    {
        await using var server = new RecordingServer(_authority.Issue(["*.api.example"]));
        var failure = await RefusedAsync(server, $"{Authority(_authority)}, tls-server-name: '{name}'");
        Assert.Contains($"valid for *.api.example, and not for {name}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_of_the_authority_is_relative_to_the_kubeconfig()
    {
        _folder.Write("ca.crt", Encoding.UTF8.GetBytes(_authority.Pem));
        await using var server = new RecordingServer(_authority.Issue(["127.0.0.1"]));
        await ListAsync(server, "certificate-authority: ca.crt");
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Intermediate_authorities_may_come_from_the_server_or_be_trusted_themselves()
    {
        using var intermediate = _authority.IssueAuthority("intermediate CA");
        await using var complete = new RecordingServer(intermediate.Issue(["127.0.0.1"]), [intermediate.Certificate]);
        await ListAsync(complete, Authority(_authority));
        Assert.Single(complete.Requests);

        await using var leafOnly = new RecordingServer(intermediate.Issue(["127.0.0.1"]));
        await RefusedAsync(leafOnly, Authority(_authority));
        await ListAsync(leafOnly, Authority(intermediate));
        Assert.Single(leafOnly.Requests);
    }

    [Fact]
    public async Task Nothing_is_checked_only_where_the_kubeconfig_says_so()
    {
        using var other = new TestAuthority("other CA");
        await using var server = new RecordingServer(other.Issue(["other.example"]));
        using var client = await ListAsync(server, "insecure-skip-tls-verify: true");
        Assert.Single(server.Requests);
        Assert.Contains("insecure-skip-tls-verify", client.Warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_certificate_goes_to_the_right_server_only()
    {
        var (certificate, key) = SelfSigned.Issue();
        var user = $"client-certificate-data: {KubeConfigText.Base64(certificate)}, client-key-data: {KubeConfigText.Base64(key)}";
        await using var right = new RecordingServer(_authority.Issue(["127.0.0.1"]));
        await ListAsync(right, Authority(_authority), user);
        Assert.Equal("CN=me", Assert.Single(right.ClientCertificates));

        await using var wrong = new RecordingServer(_authority.Issue(["other.example"]));
        await RefusedAsync(wrong, Authority(_authority), user);
        await RefusedAsync(wrong, "", user);
        Assert.Empty(wrong.ClientCertificates);
    }

    [Fact]
    public async Task A_client_certificate_goes_to_a_server_whose_intermediate_authority_is_known_only_after_the_handshake()
    {
        var (certificate, key) = SelfSigned.Issue();
        var user = $"client-certificate-data: {KubeConfigText.Base64(certificate)}, client-key-data: {KubeConfigText.Base64(key)}";
        using var intermediate = _authority.IssueAuthority("intermediate CA");
        await using var server = new RecordingServer(intermediate.Issue(["127.0.0.1"]), [intermediate.Certificate]);
        await ListAsync(server, Authority(_authority), user);
        Assert.Single(server.Requests);
        Assert.Equal("CN=me", Assert.Single(server.ClientCertificates));
    }

    [Fact]
    public async Task A_client_certificate_is_sent_with_its_intermediate_authority()
    {
        using var root = new TestAuthority("client root");
        using var intermediate = root.IssueAuthority("client CA");
        using var client = intermediate.Issue(["me"], TestAuthority.ForClients);
        var (certificate, key) = (client.ExportCertificatePem() + "\n" + intermediate.Pem, client.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        var user = $"client-certificate-data: {KubeConfigText.Base64(certificate)}, client-key-data: {KubeConfigText.Base64(key)}";
        await using var server = new RecordingServer(_authority.Issue(["127.0.0.1"]));
        await ListAsync(server, Authority(_authority), user);
        Assert.Equal("CN=client CA", Assert.Single(server.ClientIntermediates));
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("bm8gY2VydGlmaWNhdGU=", "no certificate in PEM format")]
    [InlineData("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCmFhYWEKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=", "a certificate that is damaged")]
    public void An_authority_that_cannot_be_read_is_reported_with_its_line(string data, string words)
    {
        var failure = Assert.Throws<KubeCheckpointException>(
            () => ClusterClient.Connect(new(Write($"server: 'https://127.0.0.1:1', certificate-authority-data: {data}", ""))));
        Assert.Equal("KubeConfigInvalid", failure.ErrorId);
        Assert.Contains("line 6: 'certificate-authority-data'", failure.Message, StringComparison.Ordinal);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_tls_is_named_as_such()
    {
        await using var server = new RecordingServer(certificate: null);
        using var client = Connect(server, Authority(_authority), "token: t0");
        var failure = await Failing.WithAsync("ClusterUnreachable", () => client.GetNodesAsync(default));
        Assert.Contains("TLS cannot be negotiated", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Requests, request => request.Contains("t0", StringComparison.Ordinal));
    }

    [Fact]
    public void A_missing_file_of_the_authority_is_reported_with_its_line()
    {
        var failure = Assert.Throws<KubeCheckpointException>(
            () => ClusterClient.Connect(new(Write("server: 'https://127.0.0.1:1', certificate-authority: gone.crt", ""))));
        Assert.Equal("KubeConfigInvalid", failure.ErrorId);
        Assert.Contains("line 6: the file '", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("gone.crt' of 'certificate-authority' does not exist.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var elsewhere = new RecordingServer(_authority.Issue(["127.0.0.1"]));
        await using var server = new RecordingServer(_authority.Issue(["127.0.0.1"]))
        {
            Response = $"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:{elsewhere.Port}/api/v1/namespaces/shop/pods/web\r\nContent-Length: 0\r\n\r\n",
        };
        using var client = Connect(server, Authority(_authority), "token: t0");
        await Failing.WithAsync("UnexpectedAnswer", () => client.GetPodAsync("shop", "web", default));
        Assert.Empty(elsewhere.Requests);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    private static string Authority(TestAuthority authority) => $"certificate-authority-data: {KubeConfigText.Base64(authority.Pem)}";

    private async Task<ClusterClient> ListAsync(RecordingServer server, string cluster, string user = "token: t0")
    {
        var client = Connect(server, cluster, user);
        await client.GetNodesAsync(default);
        return client;
    }

    private async Task<KubeCheckpointException> RefusedAsync(RecordingServer server, string cluster, string user = "token: t0")
    {
        using var client = Connect(server, cluster, user);
        var failure = await Failing.WithAsync("ClusterCertificateInvalid", () => client.GetNodesAsync(default));
        Assert.Empty(server.Requests);
        return failure;
    }

    private ClusterClient Connect(RecordingServer server, string cluster, string user) =>
        ClusterClient.Connect(new(Write($"server: 'https://127.0.0.1:{server.Port}', {cluster}", user)));

    private string Write(string cluster, string user) =>
        _folder.Write(Guid.NewGuid().ToString(), Encoding.UTF8.GetBytes(KubeConfigText.Of(cluster, user)));
}
