using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Criu.Logs;

namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>
/// What an answer to a checkpoint request means. The kubelet and the runtimes are recognised by their words: a status alone says little,
/// 404 for example stands for a missing pod, a missing container and a feature that is off.
/// </summary>
internal static partial class CheckpointAnswer
{
    private delegate KubeCheckpointException Factory(CheckpointTarget target, Exception inner);

    /// <summary>The runtimes' words inside a 500, the more telling ones first.</summary>
    private static readonly (string Words, Factory Failure)[] RuntimeWords =
    [
        ("code = DeadlineExceeded", CheckpointFailure.CheckpointTimedOut),
        ("context deadline exceeded", CheckpointFailure.CheckpointTimedOut),
        ("terminated by RST_STREAM", CheckpointFailure.CheckpointTimedOut),
        ("code = Unimplemented", CheckpointFailure.RuntimeTooOld),
        ("method CheckpointContainer not implemented", CheckpointFailure.RuntimeTooOld),
        ("only supported in the CRI v1 runtime API", CheckpointFailure.RuntimeTooOld),
        ("checkpoint/restore support not available", CheckpointFailure.CheckpointSupportOff),
        ("criu support is disabled by configuration", CheckpointFailure.CheckpointSupportOff),
        ("CRIU binary not found", CheckpointFailure.CriuNotAvailable),
        ("criu binary not found", CheckpointFailure.CriuNotAvailable),
        ("check for CRIU failed", CheckpointFailure.CriuNotAvailable),
        ("failed to check for criu version", CheckpointFailure.CriuNotAvailable),
        ("cannot pause a paused container", CheckpointFailure.CheckpointBusy),
        ("ctrd-checkpoint/status: no such file or directory", CheckpointFailure.CheckpointBusy),
        ("failed to pause container", CheckpointFailure.CheckpointBusy),
        ("container process not found", CheckpointFailure.CheckpointBusy),
        ("is in CONTAINER_", CheckpointFailure.ContainerNotRunning),
        ("consider using --tcp-established", CheckpointFailure.EstablishedTcpConnection),
    ];

    private static readonly string[] CriuWords =
        ["criu failed: type", "Dumping FAILED", "[\"checkpoint\"", "criu-dump.log", "/dump.log", "some file locks"];

    public static KubeCheckpointException ToFailure(ServerAnswer answer, CheckpointTarget target) => answer.Status switch
    {
        HttpStatusCode.Unauthorized when answer.ApiStatus is not null => ConnectionFailure.Unauthorized(target.Server, answer.ToException()),
        HttpStatusCode.Unauthorized => KubeletFailure.KubeletUnauthorized(target, answer.ToException()),
        HttpStatusCode.Forbidden => Forbidden(answer, target),
        HttpStatusCode.NotFound => NotFound(answer, target),
        HttpStatusCode.TooManyRequests => ConnectionFailure.ClusterBusy(target.Server, answer.Words, answer.ToException()),
        HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout =>
            CheckpointFailure.KubeletUnavailable(target, answer.Words, answer.ToException()),
        _ => Runtime(answer, target),
    };

    /// <summary>The archive's path from a 200: <c>{"items":["/var/lib/kubelet/checkpoints/..."]}</c>.</summary>
    public static string NodePath(ServerAnswer answer, CheckpointTarget target)
    {
        try
        {
            using var json = answer.ToJson();
            var path = json.RootElement.Items("items").Select(item => item.Text()).FirstOrDefault();
            return path ?? throw ConnectionFailure.UnexpectedAnswer(target.Server, answer.Words, answer.ToException());
        }
        catch (JsonException exception)
        {
            throw ConnectionFailure.UnexpectedAnswer(target.Server, answer.Words, exception);
        }
    }

    /// <summary>True where the same request may succeed a moment later.</summary>
    public static bool IsTransient(KubeCheckpointException failure) => failure.ErrorId switch
    {
        nameof(CheckpointFailure.CheckpointBusy) or nameof(CheckpointFailure.KubeletUnavailable) or nameof(ConnectionFailure.ClusterBusy) => true,

        // A deadline of our own that passed says nothing about the request: it may still be at work.
        nameof(ConnectionFailure.ClusterUnreachable) or nameof(KubeletFailure.KubeletUnreachable) =>
            failure.InnerException is not TimeoutException,
        _ => false,
    };

    private static KubeCheckpointException Forbidden(ServerAnswer answer, CheckpointTarget target)
    {
        var inner = answer.ToException();
        if (answer.ApiStatus is not null)
        {
            var refusal = ApiRefusal.Forbidden(answer);
            return refusal.ErrorId == nameof(ConnectionFailure.Forbidden) && answer.Words.Contains("nodes/proxy", StringComparison.Ordinal)
                ? CheckpointFailure.NodeProxyForbidden(target, refusal.Message, inner)
                : refusal;
        }

        var user = KubeletForbidden().Match(answer.Body) is { Success: true } match ? match.Groups["user"].Value : "unknown";
        return target.Role == ServerRole.ApiServer || user == WellKnownNames.ApiServerKubeletClient
            ? CheckpointFailure.KubeadmKubeletClientForbidden(target, user, inner)
            : CheckpointFailure.KubeletCheckpointForbidden(target, user, inner);
    }

    private static KubeCheckpointException NotFound(ServerAnswer answer, CheckpointTarget target)
    {
        var inner = answer.ToException();
        if (answer.ApiStatus is { Kind: "nodes" })
            return NodeFailure.NodeNotFound(target.NodeName ?? "", inner);
        var words = answer.Body.Trim();
        if (words == "pod does not exist")
            return PodFailure.PodNotFound(target.Namespace, target.PodName, inner);
        if (words == "404 page not found")
            return CheckpointFailure.CheckpointGateOff(target, inner);
        return words.StartsWith("container ", StringComparison.Ordinal) && words.EndsWith(" does not exist", StringComparison.Ordinal)
            ? CheckpointFailure.ContainerNotFound(target.Namespace, target.PodName, target.ContainerName, known: null, inner)
            : CheckpointFailure.CheckpointFailed(target, words, inner);
    }

    private static KubeCheckpointException Runtime(ServerAnswer answer, CheckpointTarget target)
    {
        var inner = answer.ToException();
        var body = answer.Body;
        foreach (var (words, failure) in RuntimeWords)
        {
            if (body.Contains(words, StringComparison.Ordinal))
                return failure(target, inner);
        }

        if (ContainerNotFound().IsMatch(body))
            return CheckpointFailure.ContainerNotRunning(target, inner);
        return CriuWords.Any(words => body.Contains(words, StringComparison.OrdinalIgnoreCase))
            ? CheckpointFailure.CriuDumpFailed(target, CriuLog.Errors(body), inner)
            : CheckpointFailure.CheckpointFailed(target, answer.Words, inner);
    }

    [GeneratedRegex(@"^Forbidden \(user=(?<user>.*?), verb=")]
    private static partial Regex KubeletForbidden();

    [GeneratedRegex(@"failed \(container \S+ not found\)")]
    private static partial Regex ContainerNotFound();
}
