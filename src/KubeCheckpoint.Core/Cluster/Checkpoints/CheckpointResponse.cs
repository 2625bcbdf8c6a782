using System.Net;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.RegularExpressions;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Explanations;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>
/// Maps the response to a checkpoint request to the path of the archive or a failure. Messages of the kubelet and the runtimes decide, since
/// a status alone is ambiguous: 404, for example, may mean a missing pod, a missing container or a disabled feature.
/// </summary>
internal static partial class CheckpointResponse
{
    private const string EstablishedTcp = "consider using --tcp-established";

    private delegate KubeCheckpointException Factory(CheckpointTarget target, Exception inner);

    /// <summary>Messages of the runtimes in a 500 response, the more specific ones first.</summary>
    private static readonly (string Message, Factory Failure)[] RuntimeMessages =
    [
        ("code = DeadlineExceeded", CheckpointFailure.CheckpointTimedOut),
        ("context deadline exceeded", CheckpointFailure.CheckpointTimedOut),
        ("terminated by RST_STREAM", CheckpointFailure.CheckpointTimedOut),
        ("method CheckpointContainer", CheckpointFailure.RuntimeTooOld),
        ("only supported in the CRI v1 runtime API", CheckpointFailure.RuntimeTooOld),

        // The shims of Kata Containers and others; not CRIU's "Function not implemented".
        (": not implemented", CheckpointFailure.RuntimeClassUnsupported),
        ("compiled without CRIU support", CheckpointFailure.RuntimeClassUnsupported),
        ("code = Unimplemented", CheckpointFailure.RuntimeTooOld),
        ("checkpoint/restore support not available", CheckpointFailure.CheckpointSupportOff),
        ("criu support is disabled by configuration", CheckpointFailure.CheckpointSupportOff),
        ("CRIU binary not found", CheckpointFailure.CriuNotAvailable),
        ("criu binary not found", CheckpointFailure.CriuNotAvailable),
        ("check for CRIU failed", CheckpointFailure.CriuNotAvailable),
        ("failed to check for criu version", CheckpointFailure.CriuNotAvailable),

        // runc.
        ("CRIU version ", CheckpointFailure.CriuNotAvailable),
        ("criu lacks support for external", CheckpointFailure.CriuNotAvailable),

        // crun.
        ("libcriu is too old", CheckpointFailure.CriuNotAvailable),
        ("could not load `libcriu.so", CheckpointFailure.CriuNotAvailable),
        ("CRIU: failed checking version", CheckpointFailure.CriuNotAvailable),
        ("cannot pause a paused container", CheckpointFailure.CheckpointBusy),
        ("ctrd-checkpoint/status: no such file or directory", CheckpointFailure.CheckpointBusy),
        ("failed to pause container", CheckpointFailure.CheckpointBusy),
        ("container process not found", CheckpointFailure.CheckpointBusy),
        ("is in CONTAINER_", CheckpointFailure.ContainerNotRunning),
        ("no space left on device", CheckpointFailure.NodeDiskFull),
        ("disk quota exceeded", CheckpointFailure.NodeDiskFull),
    ];

    private static readonly string[] CriuMessages =
        ["criu failed: ", "CRIU checkpointing failed", "Dumping FAILED", "[\"checkpoint\"", "criu-dump.log", "/dump.log", "some file locks"];

    /// <summary>Reasons in a 503 response of the API server's proxy for a request that never reached the kubelet.</summary>
    private static readonly string[] NotDelivered =
        [
            "dial tcp", "while dialing", "connection refused", "no route to host", "no such host", "TLS handshake timeout", "tls: ", "x509: ",
            "No agent available",
        ];

    /// <summary>Reasons in a 503 response of any proxy for a connection that broke after the request was sent.</summary>
    private static readonly string[] Delivered =
        [
            "EOF", "reset by peer", "broken pipe", "connection lost", "connection termination", "context canceled", "context deadline exceeded",
            "awaiting response",
        ];

    public static KubeCheckpointException ToFailure(ServerResponse response, CheckpointTarget target) => response.Status switch
    {
        HttpStatusCode.Unauthorized when response.ApiStatus is not null => ConnectionFailure.Unauthorized(target.Server, response.ToException()),
        HttpStatusCode.Unauthorized => KubeletFailure.KubeletUnauthorized(target, response.ToException()),
        HttpStatusCode.Forbidden => Forbidden(response, target),
        HttpStatusCode.NotFound => NotFound(response, target),
        HttpStatusCode.TooManyRequests when target.Role == ServerRole.ApiServer =>
            ConnectionFailure.ClusterBusy(target.Server, response.Reason, response.ToException()),
        HttpStatusCode.TooManyRequests => CheckpointFailure.KubeletUnavailable(target, response.Reason, response.ToException()),
        HttpStatusCode.ServiceUnavailable when !MayBeDelivered(response.Message) =>
            CheckpointFailure.KubeletUnavailable(target, response.Reason, response.ToException()),
        HttpStatusCode.RequestTimeout or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout
            or >= (HttpStatusCode)520 => CheckpointFailure.CheckpointResponseLost(target, response.Reason, response.ToException()),
        _ => Runtime(response, target),
    };

    /// <summary>The failure of a dump, by what CRIU's log says of it.</summary>
    public static KubeCheckpointException Dump(CheckpointTarget target, FailedCriuRun failure, Exception inner) =>
        failure.CriuMessage?.Contains(EstablishedTcp, StringComparison.Ordinal) == true
            ? CheckpointFailure.EstablishedTcpConnection(target, failure, inner)
            : CheckpointFailure.CriuDumpFailed(target, failure, inner);

    /// <summary>The failure of a request whose connection failed.</summary>
    public static KubeCheckpointException WithoutResponse(KubeCheckpointException failure, CheckpointTarget target) => failure.InnerException switch
    {
        _ when !IsTransport(failure) => failure,
        TimeoutException late => CheckpointFailure.CheckpointTimedOut(target, late),
        { } transport when IsNeverSent(transport) => failure,
        _ => CheckpointFailure.CheckpointResponseLost(target, failure.Message, failure),
    };

    /// <summary>The path of the archive in a 200 response: <c>{"items":["/var/lib/kubelet/checkpoints/..."]}</c>.</summary>
    public static string NodePath(ServerResponse response, CheckpointTarget target)
    {
        try
        {
            using var json = response.ToJson();
            var path = json.RootElement.Items("items").Select(item => item.Text()).FirstOrDefault();
            return path is not null && Transfer.NodePath.TryParse(path) is not null
                ? path
                : throw CheckpointFailure.CheckpointResponseLost(target, response.Reason, response.ToException());
        }
        catch (JsonException exception)
        {
            throw CheckpointFailure.CheckpointResponseLost(target, response.Reason, exception);
        }
    }

    /// <summary>Whether the same request may succeed a moment later. Only a request that has certainly made no checkpoint is repeated.</summary>
    public static bool IsTransient(KubeCheckpointException failure) => failure.ErrorId switch
    {
        nameof(CheckpointFailure.CheckpointBusy) or nameof(CheckpointFailure.KubeletUnavailable) or nameof(ConnectionFailure.ClusterBusy) => true,
        nameof(ConnectionFailure.ClusterUnreachable) or nameof(KubeletFailure.KubeletUnreachable) =>
            failure.InnerException is { } transport && IsNeverSent(transport),
        _ => false,
    };

    /// <summary>Whether the runtime may have made the checkpoint, or still be at it, although the request failed.</summary>
    public static bool MayHaveArchive(KubeCheckpointException failure) =>
        failure.ErrorId is nameof(CheckpointFailure.CheckpointTimedOut) or nameof(CheckpointFailure.CheckpointResponseLost);

    private static bool IsTransport(KubeCheckpointException failure) =>
        failure.ErrorId is nameof(ConnectionFailure.ClusterUnreachable)
            or nameof(KubeletFailure.KubeletUnreachable)
            or nameof(ConnectionFailure.UnexpectedAnswer);

    /// <summary>Whether there was no connection over which the request could have gone.</summary>
    private static bool IsNeverSent(Exception transport) => transport switch
    {
        HttpRequestException http => http.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
        AuthenticationException => true,

        // The limit for establishing a connection.
        OperationCanceledException => transport.InnerException is TimeoutException,
        _ => false,
    };

    private static bool MayBeDelivered(string message) =>
        message.StartsWith("error trying to reach service:", StringComparison.Ordinal)
            ? !NotDelivered.Any(reason => message.Contains(reason, StringComparison.OrdinalIgnoreCase))
            : Delivered.Any(reason => message.Contains(reason, StringComparison.Ordinal));

    private static KubeCheckpointException Forbidden(ServerResponse response, CheckpointTarget target)
    {
        var inner = response.ToException();
        if (response.ApiStatus is not null)
        {
            var refusal = ApiRefusal.Forbidden(response);
            return refusal.ErrorId == nameof(ConnectionFailure.Forbidden) && response.Message.Contains("nodes/proxy", StringComparison.Ordinal)
                ? CheckpointFailure.NodeProxyForbidden(target, refusal.Message, inner)
                : refusal;
        }

        var user = KubeletForbidden().Match(response.Body) is { Success: true } match ? match.Groups["user"].Value : "unknown";
        return target.Role == ServerRole.ApiServer || user == WellKnownNames.ApiServerKubeletClient
            ? CheckpointFailure.KubeadmKubeletClientForbidden(target, user, inner)
            : CheckpointFailure.KubeletCheckpointForbidden(target, user, inner);
    }

    private static KubeCheckpointException NotFound(ServerResponse response, CheckpointTarget target)
    {
        var inner = response.ToException();
        if (response.ApiStatus is { Kind: "nodes" })
            return NodeFailure.NodeNotFound(target.NodeName ?? "", inner);
        var message = response.Body.Trim();
        if (message == "pod does not exist")
            return PodFailure.PodNotFound(target.Namespace, target.PodName, inner);
        if (message == "404 page not found")
            return CheckpointFailure.CheckpointGateOff(target, inner);
        return message.StartsWith("container ", StringComparison.Ordinal) && message.EndsWith(" does not exist", StringComparison.Ordinal)
            ? CheckpointFailure.ContainerNotFound(target.Namespace, target.PodName, target.ContainerName, known: null, inner)
            : CheckpointFailure.CheckpointFailed(target, response.Explanation, inner);
    }

    private static KubeCheckpointException Runtime(ServerResponse response, CheckpointTarget target)
    {
        var inner = response.ToException();
        var body = response.Body;
        foreach (var (message, failure) in RuntimeMessages)
        {
            if (body.Contains(message, StringComparison.Ordinal))
                return failure(target, inner);
        }

        if (body.Contains(EstablishedTcp, StringComparison.Ordinal))
            return CheckpointFailure.EstablishedTcpConnection(target, Quoted(target, body), inner);
        if (ContainerNotFound().IsMatch(body))
            return CheckpointFailure.ContainerNotRunning(target, inner);
        return CriuMessages.Any(message => body.Contains(message, StringComparison.OrdinalIgnoreCase))
            ? Dump(target, Quoted(target, body), inner)
            : CheckpointFailure.CheckpointFailed(target, response.Explanation, inner);
    }

    private static FailedCriuRun Quoted(CheckpointTarget target, string body) => CriuExplanation.WithQuoted(
        new()
        {
            Namespace = target.Namespace,
            PodName = target.PodName,
            ContainerName = target.ContainerName,
            NodeName = target.NodeName,
            NodePath = CriuLogPath.Find(body)?.ToString(),
        },
        body);

    [GeneratedRegex(@"^Forbidden \(user=(?<user>.*?), verb=")]
    private static partial Regex KubeletForbidden();

    [GeneratedRegex(@"failed \(container \S+ not found\)")]
    private static partial Regex ContainerNotFound();
}
