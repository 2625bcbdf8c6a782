using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Explanations;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Http;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>Explains failed dumps of a container by CRIU's log, and decides whether the next try may succeed.</summary>
/// <param name="target">The container.</param>
/// <param name="pod">Its pod, or null if it is not known.</param>
/// <param name="logs">Reads the log on the node, or null to leave that to the user.</param>
internal sealed class FailedDump(CheckpointTarget target, Pod? pod, NodeLog? logs)
{
    private const int Repetitions = 2;

    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(1);

    private static readonly string[] Probes = ["readinessProbe", "livenessProbe", "startupProbe"];

    private int _repeated;

    /// <summary>The failure with what the log on the node says, if the log can be read and may say more than the response.</summary>
    public async Task<KubeCheckpointException> ExplainAsync(KubeCheckpointException failure, CancellationToken cancellationToken)
    {
        var known = (FailedCriuRun)failure.Target!;
        if (logs is null || target.NodeName is null || known.NodePath is null || (CanRepeat && MayPass(failure)))
            return failure;
        var (log, reason) = await logs.ReadAsync(target.NodeName, NodePath.Parse(known.NodePath), cancellationToken).ConfigureAwait(false);
        if (log is null)
            return CheckpointResponse.Dump(target, known with { LogReason = reason }, failure.InnerException!);
        var explained = CriuExplanation.With(known, log);

        // The log may be that of a later dump, by another client.
        return CheckpointResponse.Dump(target, explained.CriuMessage is null ? known with { Log = explained.Log } : explained, failure.InnerException!);
    }

    /// <summary>Waits until the next try may succeed; false if it would fail as well.</summary>
    public async Task<bool> WaitForNextAsync(KubeCheckpointException failure, CancellationToken cancellationToken)
    {
        if (!CanRepeat || !MayPass(failure))
            return false;
        _repeated++;
        RequestNotices.Report(
            $"{failure.Message.Split('\n')[0]} That may pass by itself: attempt {_repeated + 1} of {Repetitions + 1} " +
            $"follows in {BetweenTries.TotalSeconds:0} s.");
        await Task.Delay(BetweenTries, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private bool CanRepeat => _repeated < Repetitions;

    /// <summary>An established connection, or a cause that is not known, can be a probe of the kubelet's, which ends within a second.</summary>
    private bool MayPass(KubeCheckpointException failure)
    {
        var known = (FailedCriuRun)failure.Target!;
        if (CriuExplanation.Passes(known))
            return true;
        var isUnclear = failure.ErrorId == nameof(CheckpointFailure.EstablishedTcpConnection) || known.CriuMessage is null;
        return isUnclear && IsProbed();
    }

    /// <summary>Whether the kubelet opens connections to the container.</summary>
    private bool IsProbed()
    {
        if (pod?.Manifest is not { } manifest)
            return false;
        var spec = PodDocument.Parse(manifest).FindContainer(target.ContainerName);
        return Probes.Select(name => spec?.Object(name)).OfType<JsonObject>()
            .Any(probe => probe.ContainsKey("tcpSocket") || probe.ContainsKey("httpGet") || probe.ContainsKey("grpc"));
    }
}
