using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using KubeCheckpoint.Cluster.Credentials;
using KubeCheckpoint.Cluster.KubeConfigs;
using KubeCheckpoint.Cluster.Sockets;
using KubeCheckpoint.Http;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>Sends requests to an API server and turns every refusal into a failure.</summary>
internal sealed class ApiServer(ServerConnection connection) : IDisposable
{
    private const int PageSize = 500;

    /// <summary>Half a million objects: far more of a kind than a cluster can have.</summary>
    private const int MostPages = 1000;

    public ServerConnection Connection { get; } = connection;

    /// <summary>What the user should know about the safety of the connection, or null.</summary>
    public string? Warning { get; private init; }

    /// <summary>Prepares a connection, without opening one.</summary>
    /// <param name="access">The cluster and the user.</param>
    /// <param name="interaction">How a plugin may deal with the user.</param>
    /// <param name="timings">The limits of time, or null for the usual ones.</param>
    /// <exception cref="KubeCheckpointException">KubeConfigInvalid, ProxyInvalid.</exception>
    public static ApiServer Connect(ClusterAccess access, PluginInteraction interaction, HttpTimings? timings = null)
    {
        var (cluster, user) = (access.Cluster, access.User);
        var uri = ServerAddress.Read(cluster);
        var server = new ServerEndPoint(uri, new(Authorities(cluster), cluster.SkipTlsVerify))
        {
            TlsName = cluster.TlsServerName,
            Proxy = ServerProxy.For(uri, cluster),
        };

        // Anyone on the network could read them. kubectl sends none without TLS; to this machine itself they are safe.
        var withholds = user.HasCredentials && !server.IsTls && (server.Proxy is not null || !Origin.IsLoopback(uri));
        var credential = withholds ? new StaticCredential(RequestCredential.None) : UserCredentials.Create(user, cluster, interaction);
        return new(new(ServerRole.ApiServer, uri, credential, CreateHandler) { Timings = timings ?? new() })
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

    /// <summary>Reads a list page by page, with the server's time of each item. An item is valid until the next one is asked for.</summary>
    /// <param name="path">The path of the objects.</param>
    /// <param name="selector">The label selector, already escaped, or null for all.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <exception cref="KubeCheckpointException">UnexpectedAnswer: the list does not end; Forbidden, ClusterUnreachable and the like.</exception>
    public async IAsyncEnumerable<(JsonElement Item, DateTimeOffset? Date)> ListAsync(
        string path, string? selector, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = $"{path}?limit={PageSize}{(selector is null ? "" : $"&labelSelector={selector}")}";
        string? token = null;
        var (pages, items) = (0, 0);
        do
        {
            if (++pages > MostPages)
                throw EndlessList();
            var page = query + (token is null ? "" : $"&continue={Uri.EscapeDataString(token)}");
            var response = await SendAsync(HttpMethod.Get, page, cancellationToken).ConfigureAwait(false);
            using var json = ReadSuccess(response);
            foreach (var item in json.RootElement.Items("items"))
            {
                if (++items > MostPages * PageSize)
                    throw EndlessList();
                yield return (item, response.Date);
            }
            token = json.RootElement.Text("metadata", "continue");
        }
        while (token is not null);
    }

    /// <summary>The failure for a list that does not end.</summary>
    public KubeCheckpointException EndlessList() => ConnectionFailure.UnexpectedAnswer(
        Connection.BaseUri, "a list that does not end", new InvalidDataException("The list has too many pages or objects, or its pages repeat."));

    /// <summary>Sends a review, such as one of the user's permissions. It creates nothing, and so may be repeated.</summary>
    public Task<JsonDocument> ReviewAsync(string path, string body, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Post, path, body, cancellationToken);

    /// <summary>
    /// Creates an object with a name. It is created again after a transient failure; one that exists by then is a success if an earlier attempt
    /// has created it, which the name in its managed fields tells.
    /// </summary>
    /// <param name="path">The path of the objects of its kind.</param>
    /// <param name="name">Its name.</param>
    /// <param name="body">The object.</param>
    /// <param name="cancellationToken">
    /// Ends the repetition. A request that has been sent is not cancelled: what the server creates must be known here, to be deleted.
    /// </param>
    public Task<ServerResponse> CreateAsync(string path, string name, string body, CancellationToken cancellationToken)
    {
        var manager = WellKnownNames.NewName("creation");
        var call = Connection.NewCall(HttpMethod.Post, $"{path}?fieldManager={manager}", ServerConnection.SmallRequest) with
        {
            Content = _ => new StringContent(body, Encoding.UTF8, "application/json"),
        };
        var attempts = 0;
        return Connection.RepeatAsync(AttemptAsync, Repeat.Always, cancellationToken);

        async Task<ServerResponse> AttemptAsync()
        {
            cancellationToken.ThrowIfCancellationRequested();
            attempts++;
            var response = await Connection.ReadAsync(call, CancellationToken.None).ConfigureAwait(false);
            if (response.Status != HttpStatusCode.Conflict || attempts == 1)
                return response;
            var existing = await SendAsync(HttpMethod.Get, $"{path}/{name}", cancellationToken).ConfigureAwait(false);
            return existing.IsSuccess && IsManagedBy(existing, manager) ? existing : response;
        }
    }

    public Task<ServerResponse> SendAsync(
        HttpMethod method, string path, CancellationToken cancellationToken, string? body = null, Repeat? repeat = null) =>
        Connection.SendAsync(method, path, ServerConnection.SmallRequest, cancellationToken, body, repeat: repeat);

    private async Task<JsonDocument> CallAsync(HttpMethod method, string path, string? body, CancellationToken cancellationToken)
    {
        var response = await SendAsync(method, path, cancellationToken, body, Repeat.Always).ConfigureAwait(false);
        return ReadSuccess(response);
    }

    /// <summary>The body of a successful response; a refusal is thrown.</summary>
    /// <exception cref="KubeCheckpointException">Forbidden and the like.</exception>
    private JsonDocument ReadSuccess(ServerResponse response) =>
        response.IsSuccess ? ReadJson(response) : throw ApiRefusal.ToFailure(response, Connection.BaseUri);

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

    private bool IsManagedBy(ServerResponse response, string manager)
    {
        using var json = ReadJson(response);
        return json.RootElement.Items("metadata", "managedFields").Any(field => field.Text("manager") == manager);
    }

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
