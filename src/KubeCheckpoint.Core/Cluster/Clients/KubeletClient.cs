using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Credentials;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Sockets;
using KubeCheckpoint.Http;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Clients;

/// <summary>Connects to a kubelet directly: on a control-plane node, or for a user who has permissions on the kubelet only.</summary>
public sealed class KubeletClient : IDisposable
{
    private KubeletClient(KubeletTarget target, ServerConnection connection)
    {
        Target = target;
        Connection = connection;
    }

    /// <summary>The kubelet's address and the credentials of the connection.</summary>
    public KubeletTarget Target { get; }

    internal ServerConnection Connection { get; }

    /// <summary>Creates a client, without sending a request.</summary>
    /// <param name="target">The kubelet, with a client certificate or a bearer token.</param>
    /// <exception cref="KubeCheckpointException">KubeletUriInvalid, HeaderValueInvalid.</exception>
    public static KubeletClient Connect(KubeletTarget target) => Connect(target, new());

    internal static KubeletClient Connect(KubeletTarget target, HttpTimings timings)
    {
        var uri = target.Uri;
        if (!uri.IsAbsoluteUri || uri.Scheme != Uri.UriSchemeHttps || uri.AbsolutePath != "/" || uri.UserInfo.Length > 0)
            throw KubeletFailure.KubeletUriInvalid(uri);

        // A token that was read from a file ends with a line break.
        var token = target.Token?.Trim();
        if (token is not null && HeaderText.FindProblem(token) is { } problem)
            throw HttpFailure.HeaderValueInvalid("-Token", problem);
        var credential = new StaticCredential(new(
            token is null ? null : RequestCredential.Bearer(token),
            target.ClientCertificate is null ? null : ClientCertificate.Of(target.ClientCertificate)));
        var server = new ServerEndPoint(uri, new(target.CertificateAuthorities, target.SkipCertificateCheck));
        return new(target, new(ServerRole.Kubelet, uri, credential, certificate => ServerHandler.Create(server, certificate, isCompressed: true))
        {
            Timings = timings,
        });
    }

    /// <summary>Lists the kubelet's pods (<c>GET /pods</c>) and returns those that match; without namespaces, those of all namespaces.</summary>
    /// <param name="query">The pods to find.</param>
    /// <param name="onFailure">Receives PodNotFoundAnywhere for each exact name that the kubelet does not have.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="KubeCheckpointException">
    /// KubeletUnreachable, KubeletCertificateInvalid, KubeletUnauthorized, KubeletPodsForbidden, InvalidSelector, UnexpectedAnswer.
    /// </exception>
    public async IAsyncEnumerable<Pod> GetPodsAsync(
        PodQuery query,
        Action<KubeCheckpointException> onFailure,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var labels = LabelSelector.Parse(query.LabelSelector);
        var fields = FieldSelector.Parse(query.FieldSelector);
        using var list = await GetListAsync(cancellationToken).ConfigureAwait(false);
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in list.RootElement.Items("items"))
        {
            var pod = PodReader.Read(item, kubelet: Target);
            if (!IsAny(query.Names, pod.PodName) || (!query.AllNamespaces && !IsAny(query.Namespaces, pod.Namespace)))
                continue;
            found.Add(pod.PodName);
            if (query.NodeName is not null && pod.NodeName != query.NodeName)
                continue;
            if (labels.IsMatch(pod.Labels) && fields.IsMatch(item))
                yield return pod;
        }

        foreach (var name in query.Names.Where(name => !name.HasWildcards && !found.Contains(name.Text)))
        {
            onFailure(PodFailure.PodNotFoundAnywhere(name.Text));
        }
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => Connection.Dispose();

    private static bool IsAny(IReadOnlyList<NamePattern> patterns, string name) =>
        patterns.Count == 0 || patterns.Any(pattern => pattern.IsMatch(name));

    private async Task<JsonDocument> GetListAsync(CancellationToken cancellationToken)
    {
        var response = await Connection.SendAsync(HttpMethod.Get, "pods", ServerConnection.SmallRequest, cancellationToken)
            .ConfigureAwait(false);
        if (response.Status == HttpStatusCode.Unauthorized)
            throw KubeletFailure.KubeletUnauthorized(Target.Uri, response.ToException());
        if (response.Status == HttpStatusCode.Forbidden)
        {
            throw KubeletFailure.KubeletPodsForbidden(Target.Uri, response.Explanation, response.ToException());
        }

        if (!response.IsSuccess)
            throw ConnectionFailure.UnexpectedAnswer(Target.Uri, response.Explanation, response.ToException());
        try
        {
            return response.ToJson();
        }
        catch (JsonException exception)
        {
            throw ConnectionFailure.UnexpectedAnswer(Target.Uri, response.Message, exception);
        }
    }
}
