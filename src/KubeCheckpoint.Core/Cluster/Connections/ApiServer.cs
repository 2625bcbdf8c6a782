using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using KubeCheckpoint.Cluster.Credentials;
using KubeCheckpoint.Cluster.KubeConfigs;
using KubeCheckpoint.Cluster.Sockets;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>Sends requests to an API server and turns every refusal into a failure.</summary>
internal sealed class ApiServer(ServerConnection connection) : IDisposable
{
    public ServerConnection Connection { get; } = connection;

    /// <summary>What the user should know about the safety of the connection, or null.</summary>
    public string? Warning { get; private init; }

    /// <summary>Prepares a connection, without opening one.</summary>
    /// <param name="access">The cluster and the user.</param>
    /// <param name="interaction">How a plugin may deal with the user.</param>
    /// <exception cref="KubeCheckpointException">KubeConfigInvalid, ProxyInvalid.</exception>
    public static ApiServer Connect(ClusterAccess access, PluginInteraction interaction)
    {
        var (cluster, user) = (access.Cluster, access.User);
        var uri = ServerAddress.Read(cluster);
        var server = new ServerEndPoint(uri, new(Authorities(cluster), cluster.SkipTlsVerify))
        {
            TlsName = cluster.TlsServerName,
            Proxy = ServerProxy.For(uri, cluster),
        };

        // Anyone on the network could read them. kubectl sends none without TLS; to this machine itself they are safe.
        var withholds = user.HasCredentials && !server.IsTls && (server.Proxy is not null || !uri.IsLoopback);
        var credential = withholds ? new StaticCredential(RequestCredential.None) : UserCredentials.Create(user, cluster, interaction);
        return new(new(ServerRole.ApiServer, uri, credential, CreateHandler))
        {
            Warning = withholds
                ? $"The API server {uri} is reached without TLS, so the credentials of the kubeconfig are not sent."
                : server is { IsTls: true, Trust.AcceptAny: true }
                    ? $"The certificate of the API server {uri} is not checked: the kubeconfig has insecure-skip-tls-verify."
                    : null,
        };

        HttpMessageHandler CreateHandler(ClientCertificate? certificate)
        {
            var handler = ServerHandler.Create(server, certificate, isCompressed: !cluster.DisableCompression);
            return user.Impersonation.User is null ? handler : new ImpersonationHandler(user.Impersonation, handler);
        }
    }

    public Task<JsonDocument> GetAsync(string path, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Get, path, body: null, cancellationToken);

    public Task<JsonDocument> CreateAsync(string path, string body, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Post, path, body, cancellationToken);

    public Task<ServerResponse> SendAsync(HttpMethod method, string path, CancellationToken cancellationToken, string? body = null) =>
        Connection.SendAsync(method, path, ServerConnection.SmallRequest, cancellationToken, body);

    private async Task<JsonDocument> CallAsync(HttpMethod method, string path, string? body, CancellationToken cancellationToken)
    {
        var response = await SendAsync(method, path, cancellationToken, body).ConfigureAwait(false);
        return response.IsSuccess ? ReadJson(response) : throw ApiRefusal.ToFailure(response, Connection.BaseUri);
    }

    public JsonDocument ReadJson(ServerResponse response)
    {
        try
        {
            return response.ToJson();
        }
        catch (JsonException exception)
        {
            throw ConnectionFailure.UnexpectedAnswer(Connection.BaseUri, response.Message, exception);
        }
    }

    public void Dispose() => Connection.Dispose();

    private static X509Certificate2Collection? Authorities(KubeConfigCluster cluster)
    {
        if (cluster.CertificateAuthority is not { } content)
            return null;
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(Encoding.UTF8.GetString(content.Read().Span));
        }
        catch (CryptographicException exception)
        {
            throw KubeConfigFailure.KubeConfigInvalid(content.Location, $"'{content.Field}' has a certificate that is damaged.", exception);
        }

        return authorities.Count > 0
            ? authorities
            : throw KubeConfigFailure.KubeConfigInvalid(content.Location, $"'{content.Field}' has no certificate in PEM format.");
    }
}
