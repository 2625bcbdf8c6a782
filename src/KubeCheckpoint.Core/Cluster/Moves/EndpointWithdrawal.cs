using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Objects;
using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>
/// Keeps a frozen pod out of the endpoints of its Services, which would otherwise send it connections until its readiness probes
/// fail: its condition Ready is set to False. The kubelet, to which the condition belongs, corrects it within about ten seconds (the period of
/// its status manager), whatever becomes of this process; until then it is set again each time.
/// </summary>
internal sealed class EndpointWithdrawal : IAsyncDisposable
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(2);

    private readonly ClusterClient _cluster;
    private readonly Pod _pod;
    private readonly Action<string> _onRemark;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _work;

    private EndpointWithdrawal(ClusterClient cluster, Pod pod, Action<string> onRemark)
    {
        _cluster = cluster;
        _pod = pod;
        _onRemark = onRemark;
        _work = Task.Run(() => KeepAsync(_ending.Token));
    }

    /// <summary>Begins to keep a pod out. Never throws; what prevents it is a remark.</summary>
    public static EndpointWithdrawal Start(ClusterClient cluster, Pod pod, Action<string> onRemark) => new(cluster, pod, onRemark);

    /// <summary>Leaves the condition to the kubelet. Never throws.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (KubeCheckpointException failure)
                when (failure.ErrorId is nameof(ConnectionFailure.Forbidden) or nameof(ConnectionFailure.RequestRefused))
            {
                _onRemark($"While '{_pod}' was frozen, Services sent it connections until its readiness probes failed: {failure.Message}");
                return;
            }
            catch (Exception exception) when (exception is KubeCheckpointException or IOException)
            {
                await Task.Delay(AfterFailure, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Until the pod is deleted or being deleted, which takes it out of the endpoints for good.</summary>
    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var objects = new ObjectApi(_cluster.Server);
        var path = PodApi.PathOf(_pod.Namespace, _pod.PodName);
        using var watcher = new PodWatcher(_cluster.Pods, _cluster.Target, _pod.Namespace, _pod.PodName);
        while (await watcher.NextAsync(cancellationToken).ConfigureAwait(false) is { IsEnding: false } now && now.PodUid == _pod.PodUid)
        {
            if (now.IsReady)
                await objects.PatchStatusAsync(path, Unready(), cancellationToken).ConfigureAwait(false);
        }
    }

    private JsonObject Unready() => new()
    {
        ["metadata"] = new JsonObject { ["uid"] = _pod.PodUid },
        ["status"] = new JsonObject
        {
            ["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = "Ready",
                ["status"] = "False",
                ["reason"] = "PodMoving",
                ["message"] = "The pod is frozen while it is moved to another node.",
            }),
        },
    };
}
