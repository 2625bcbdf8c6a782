using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using KubeCheckpoint.Criu.Logs;

namespace KubeCheckpoint.Cluster;

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
        ("code = DeadlineExceeded", ClusterFailure.CheckpointTimedOut),
        ("context deadline exceeded", ClusterFailure.CheckpointTimedOut),
        ("terminated by RST_STREAM", ClusterFailure.CheckpointTimedOut),
        ("code = Unimplemented", ClusterFailure.RuntimeTooOld),
        ("method CheckpointContainer not implemented", ClusterFailure.RuntimeTooOld),
        ("only supported in the CRI v1 runtime API", ClusterFailure.RuntimeTooOld),
        ("checkpoint/restore support not available", ClusterFailure.CheckpointSupportOff),
        ("criu support is disabled by configuration", ClusterFailure.CheckpointSupportOff),
        ("CRIU binary not found", ClusterFailure.CriuNotAvailable),
        ("criu binary not found", ClusterFailure.CriuNotAvailable),
        ("check for CRIU failed", ClusterFailure.CriuNotAvailable),
        ("failed to check for criu version", ClusterFailure.CriuNotAvailable),
        ("cannot pause a paused container", ClusterFailure.CheckpointBusy),
        ("ctrd-checkpoint/status: no such file or directory", ClusterFailure.CheckpointBusy),
        ("failed to pause container", ClusterFailure.CheckpointBusy),
        ("container process not found", ClusterFailure.CheckpointBusy),
        ("is in CONTAINER_", ClusterFailure.ContainerNotRunning),
        ("consider using --tcp-established", ClusterFailure.EstablishedTcpConnection),
    ];

    private static readonly string[] CriuWords =
        ["criu failed: type", "Dumping FAILED", "[\"checkpoint\"", "criu-dump.log", "/dump.log", "some file locks"];

    public static KubeCheckpointException ToFailure(ServerAnswer answer, CheckpointTarget target) => answer.Status switch
    {
        HttpStatusCode.Unauthorized when answer.ApiStatus is not null => ClusterFailure.Unauthorized(target.Server, answer.ToException()),
        HttpStatusCode.Unauthorized => ClusterFailure.KubeletUnauthorized(target, answer.ToException()),
        HttpStatusCode.Forbidden => Forbidden(answer, target),
        HttpStatusCode.NotFound => NotFound(answer, target),
        HttpStatusCode.TooManyRequests => ClusterFailure.ClusterBusy(target.Server, answer.Words, answer.ToException()),
        HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout =>
            ClusterFailure.KubeletUnavailable(target, answer.Words, answer.ToException()),
        _ => Runtime(answer, target),
    };

    /// <summary>The archive's path from a 200: <c>{"items":["/var/lib/kubelet/checkpoints/..."]}</c>.</summary>
    public static string NodePath(ServerAnswer answer, CheckpointTarget target)
    {
        try
        {
            using var json = answer.ToJson();
            var path = json.RootElement.Items("items").Select(item => item.Text()).FirstOrDefault();
            return path ?? throw ClusterFailure.UnexpectedAnswer(target.Server, answer.Words, answer.ToException());
        }
        catch (JsonException exception)
        {
            throw ClusterFailure.UnexpectedAnswer(target.Server, answer.Words, exception);
        }
    }

    /// <summary>True where the same request may succeed a moment later.</summary>
    public static bool IsTransient(KubeCheckpointException failure) => failure.ErrorId switch
    {
        nameof(ClusterFailure.CheckpointBusy) or nameof(ClusterFailure.KubeletUnavailable) or nameof(ClusterFailure.ClusterBusy) => true,

        // A deadline of our own that passed says nothing about the request: it may still be at work.
        nameof(ClusterFailure.ClusterUnreachable) or nameof(ClusterFailure.KubeletUnreachable) =>
            failure.InnerException is not TimeoutException,
        _ => false,
    };

    private static KubeCheckpointException Forbidden(ServerAnswer answer, CheckpointTarget target)
    {
        var inner = answer.ToException();
        if (answer.ApiStatus is not null)
        {
            var refusal = ApiRefusal.Forbidden(answer);
            return refusal.ErrorId == nameof(ClusterFailure.Forbidden) && answer.Words.Contains("nodes/proxy", StringComparison.Ordinal)
                ? ClusterFailure.NodeProxyForbidden(target, refusal.Message, inner)
                : refusal;
        }

        var user = KubeletForbidden().Match(answer.Body) is { Success: true } match ? match.Groups["user"].Value : "unknown";
        return target.Role == ServerRole.ApiServer || user == ClusterFailure.ApiServerKubeletClient
            ? ClusterFailure.KubeadmKubeletClientForbidden(target, user, inner)
            : ClusterFailure.KubeletCheckpointForbidden(target, user, inner);
    }

    private static KubeCheckpointException NotFound(ServerAnswer answer, CheckpointTarget target)
    {
        var inner = answer.ToException();
        if (answer.ApiStatus is { Kind: "nodes" })
            return ClusterFailure.NodeNotFound(target.NodeName ?? "", inner);
        var words = answer.Body.Trim();
        if (words == "pod does not exist")
            return ClusterFailure.PodNotFound(target.Namespace, target.PodName, inner);
        if (words == "404 page not found")
            return ClusterFailure.CheckpointGateOff(target, inner);
        return words.StartsWith("container ", StringComparison.Ordinal) && words.EndsWith(" does not exist", StringComparison.Ordinal)
            ? ClusterFailure.ContainerNotFound(target.Namespace, target.PodName, target.ContainerName, known: null, inner)
            : ClusterFailure.CheckpointFailed(target, words, inner);
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
            return ClusterFailure.ContainerNotRunning(target, inner);
        return CriuWords.Any(words => body.Contains(words, StringComparison.OrdinalIgnoreCase))
            ? ClusterFailure.CriuDumpFailed(target, CriuLog.Errors(body), inner)
            : ClusterFailure.CheckpointFailed(target, answer.Words, inner);
    }

    [GeneratedRegex(@"^Forbidden \(user=(?<user>.*?), verb=")]
    private static partial Regex KubeletForbidden();

    [GeneratedRegex(@"failed \(container \S+ not found\)")]
    private static partial Regex ContainerNotFound();
}
