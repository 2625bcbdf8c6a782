using System.Text.Json;
using k8s;
using KubeCheckpoint.Cluster.Credentials;
using KubeCheckpoint.Cluster.KubeConfigs;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>Sends requests to an API server and turns every refusal into a failure.</summary>
internal sealed class ApiServer(ServerConnection connection) : IDisposable
{
    public ServerConnection Connection { get; } = connection;

    public static ApiServer Connect(KubernetesClientConfiguration configuration)
    {
        configuration.HttpClientTimeout = Timeout.InfiniteTimeSpan;
        configuration.FirstMessageHandlerSetup = handler => handler.ConnectTimeout = ServerConnection.ConnectTimeout;
        Kubernetes client;
        try
        {
            client = new Kubernetes(configuration);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // A key that does not match its certificate, or invalid PEM, throws one of half a dozen exception types.
            throw KubeConfigFailure.KubeConfigInvalid(configuration.Host, exception.Message, exception);
        }

        var credential = new StaticCredential(RequestCredential.None);
        return new(new(ServerRole.ApiServer, client.BaseUri, credential, _ => new LibraryHandler(client, configuration.TlsServerName)));
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

    /// <summary>Sends with the connections and the credential of the client library.</summary>
    private sealed class LibraryHandler(Kubernetes client, string? serverName) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (!string.IsNullOrWhiteSpace(serverName))
                request.Headers.Host = serverName;

            // Null if a client certificate is the credential.
            if (client.Credentials is not null)
                await client.Credentials.ProcessHttpRequestAsync(request, cancellationToken).ConfigureAwait(false);
            return await client.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                client.Dispose();
            base.Dispose(disposing);
        }
    }
}
