using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Cluster.Probes;

/// <summary>An HTTP GET request through the API server's proxy, which succeeds, as a kubelet's probe does, with a status from 200 to 399.</summary>
public sealed partial class HttpPodProbe : IPodProbe
{
    /// <summary>How the API server begins to say that it cannot connect to the pod.</summary>
    private const string Unreachable = "error trying to reach service";

    private const int MaxDetail = 300;
    private const int MaxBody = 16 * 1024;

    private readonly ClusterClient _cluster;
    private readonly string _scheme;
    private readonly int _port;
    private readonly string _path;

    /// <summary>Makes a probe.</summary>
    /// <param name="cluster">The cluster. The caller disposes of it.</param>
    /// <param name="target"><c>8080</c>, <c>8080/healthz?full=1</c> or <c>https:8443/healthz</c>.</param>
    /// <exception cref="KubeCheckpointException">ProbeInvalid.</exception>
    public HttpPodProbe(ClusterClient cluster, string target)
    {
        var match = Form().Match(target);
        var isPort = int.TryParse(match.Groups["port"].Value, CultureInfo.InvariantCulture, out _port) && _port is > 0 and <= 65535;
        if (!match.Success || !isPort)
            throw ProbeFailure.ProbeInvalid(target, "HTTP", "8080/healthz or https:8443/healthz");
        _cluster = cluster;
        _scheme = match.Groups["scheme"].Value;
        _path = match.Groups["path"].Value;
        Target = target;
    }

    /// <inheritdoc/>
    public PodProbeKind Kind => PodProbeKind.Http;

    /// <inheritdoc/>
    public string Target { get; }

    /// <inheritdoc/>
    public async Task<ProbeResponse> ProbeAsync(Pod pod, CancellationToken cancellationToken)
    {
        var connection = _cluster.Server.Connection;
        var name = $"{(_scheme.Length == 0 ? "" : $"{_scheme}:")}{ResourceName.Pod(pod.PodName)}:{_port}";
        var path = $"api/v1/namespaces/{ResourceName.Namespace(pod.Namespace)}/pods/{name}/proxy{(_path.Length == 0 ? "/" : _path)}";
        var call = connection.NewCall(HttpMethod.Get, path, ServerConnection.SmallRequest) with { Accept = [], LargestBody = MaxBody };
        using var response = await connection.BeginAsync(call, Repeat.Never, cancellationToken).ConfigureAwait(false);
        var status = (int)response.StatusCode;
        if (status is >= 200 and < 400)
            return new(true, StatusLine(response.StatusCode));
        var refusal = await connection.ReadAsync(response, call, cancellationToken).ConfigureAwait(false);
        if (refusal.Status == HttpStatusCode.Forbidden && IsAboutProxy(refusal, name))
            throw ApiRefusal.ToFailure(refusal, connection.BaseUri);
        var isUnreachable = refusal.ApiStatus?.Message?.StartsWith(Unreachable, StringComparison.Ordinal) == true;
        return new(false, isUnreachable ? refusal.Message.Shorten(MaxDetail) : StatusLine(response.StatusCode));
    }

    /// <summary>
    /// Whether the API server itself refuses the request. A pod may be an API server of its own, such as an aggregated one, whose refusals are
    /// Status objects too; what a pod says is a result of the probe, and its content stays with the pod.
    /// </summary>
    private static bool IsAboutProxy(ServerResponse refusal, string name) => refusal.ApiStatus is { Kind: "pods" } status && status.Name == name;

    // With the standard phrase: the one in the response is content of the pod.
    private static string StatusLine(HttpStatusCode status)
    {
        using var standard = new HttpResponseMessage(status);
        return $"{(int)status} {standard.ReasonPhrase}".TrimEnd();
    }

    [GeneratedRegex(@"^(?:(?<scheme>https?):)?(?<port>\d{1,5})(?<path>/[!-~]*)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
