using System.Globalization;
using System.Text.RegularExpressions;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Freezing;

/// <summary>
/// Holds a pod still from the dump of its containers until its copy has taken over (<see cref="EndAsync"/>) or until it is to continue
/// (<see cref="ThawAsync"/>, <see cref="DisposeAsync"/>). Containers are held one after the other: <see cref="ArmAsync"/>, the checkpoint,
/// <see cref="HeldAsync"/>. A dump that fails may be armed again. The helper pod releases the pod by itself if this process dies.
/// </summary>
internal sealed partial class PodHold : IAsyncDisposable
{
    private static readonly TimeSpan DisposeLimit = TimeSpan.FromSeconds(4);

    private readonly Keeper _keeper;
    private readonly Pod _pod;
    private readonly HoldOptions _options;
    private readonly Dictionary<string, string> _ids;
    private bool _isOver;

    private PodHold(Keeper keeper, Pod pod, HoldOptions options, Dictionary<string, string> ids)
    {
        _keeper = keeper;
        _pod = pod;
        _options = options;
        _ids = ids;
    }

    /// <summary>
    /// Cancelled when the pod is no longer held for certain: the longest time is over, the helper pod is gone or cannot be reached. The copy
    /// must be removed at once; without a sign of this process the helper pod waits <see cref="HoldOptions.CopyMargin"/> for that.
    /// </summary>
    public CancellationToken Lost => _keeper.Lost;

    /// <summary>Starts the helper pod and finds the cgroups of the pod's running containers. Freezes nothing.</summary>
    /// <exception cref="KubeCheckpointException">FreezeRefused, FreezeNotWritable, FreezeCgroupNotFound, FreezeInUse and the like.</exception>
    public static async Task<PodHold> OpenAsync(HelperPodSet helpers, Pod pod, HoldOptions options, CancellationToken cancellationToken)
    {
        var node = pod.NodeName ?? "";
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var container in pod.Containers.Where(container => container.State == ContainerState.Running))
        {
            ids[container.Name] = RuntimeContainerId.DigitsOf(container)
                ?? throw FreezeFailure.FreezeCgroupNotFound($"{pod}", node, container.Name);
        }
        if (ids.Count == 0 || pod.PodUid is not { } uid || !Uid().IsMatch(uid))
            throw FreezeFailure.FreezeCgroupNotFound($"{pod}", node, string.Join(", ", pod.Containers));

        var keeper = await Keeper.StartAsync(helpers, $"{pod}", node, options, cancellationToken).ConfigureAwait(false);
        var hold = new PodHold(keeper, pod, options, ids);
        try
        {
            await hold.OpenAsync(uid, cancellationToken).ConfigureAwait(false);
            return hold;
        }
        catch
        {
            await hold.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Watches a container, which is to be checkpointed next. Those held before are held alone; the others run until its dump. Returns when it is
    /// watched.
    /// </summary>
    public async Task ArmAsync(string container, CancellationToken cancellationToken)
    {
        var reply = await _keeper.AskAsync($"arm {_ids[container]}", cancellationToken).ConfigureAwait(false);
        _keeper.Expect(reply, "armed");
    }

    /// <summary>
    /// The state of a container whose checkpoint has returned. It and the whole pod are frozen, unless it fails. Where the end of the dump was
    /// not seen in time, the pod is frozen now.
    /// </summary>
    public async Task<HeldContainer> HeldAsync(string container, CancellationToken cancellationToken)
    {
        var reply = await _keeper.AskAsync("held", cancellationToken).ConfigureAwait(false);
        var now = DateTimeOffset.UtcNow;
        _keeper.Expect(reply, "held");
        var held = new HeldContainer(container, now - Milliseconds(reply[1]), Milliseconds(reply[2]));
        _keeper.EndAfter(_options.MaxFreeze - (now - held.StoppedAt));
        return held;
    }

    /// <summary>From now on the helper pod waits <see cref="HoldOptions.CopyMargin"/> longer before it releases the pod unasked.</summary>
    public async Task CopyExistsAsync(CancellationToken cancellationToken) =>
        _keeper.Expect(await _keeper.AskAsync("copy", cancellationToken).ConfigureAwait(false), "copy");

    /// <summary>
    /// Confirms that the pod is held, and for at least <see cref="HoldOptions.Lease"/> from now: the original may be deleted.
    /// </summary>
    /// <exception cref="KubeCheckpointException">FreezeLost.</exception>
    public async Task ConfirmAsync(CancellationToken cancellationToken) =>
        _keeper.Expect(await _keeper.AskAsync("held", cancellationToken).ConfigureAwait(false), "held");

    /// <summary>Releases the original as if nothing had been. The copy must be gone.</summary>
    public async Task ThawAsync(CancellationToken cancellationToken)
    {
        var reply = await _keeper.AskAsync("thaw", cancellationToken).ConfigureAwait(false);
        _isOver = true;
        if (reply[0] != "lost")
            _keeper.Expect(reply, "thawed");
    }

    /// <summary>
    /// Kills the original's processes and releases them: no instruction of them runs again. Its deletion must be on record, or the kubelet starts
    /// its containers again.
    /// </summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        var reply = await _keeper.AskAsync("end", cancellationToken).ConfigureAwait(false);
        _isOver = true;
        if (reply is not ["lost", "ended", ..])
            _keeper.Expect(reply, "ended");
    }

    /// <summary>Releases the original, unless it has been released or ended. Never throws.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_isOver)
        {
            try
            {
                using var limit = new CancellationTokenSource(DisposeLimit);
                await ThawAsync(limit.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is KubeCheckpointException or IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The helper pod releases the pod when it is deleted, or when it has had no sign of this process for a while.
            }
        }
        await _keeper.DisposeAsync().ConfigureAwait(false);
    }

    private async Task OpenAsync(string uid, CancellationToken cancellationToken)
    {
        var reply = await _keeper.AskAsync(KeeperScript.Open(_options, uid, _ids.Values), cancellationToken).ConfigureAwait(false);
        if (reply is ["open", ..])
        {
            _keeper.BeginSigns();
            return;
        }
        throw reply switch
        {
            ["missing", var id] => FreezeFailure.FreezeCgroupNotFound($"{_pod}", _keeper.Node, _ids.FirstOrDefault(pair => pair.Value == id).Key ?? id),
            ["busy", ..] => FreezeFailure.FreezeInUse($"{_pod}", _keeper.Node),
            ["readonly", .. var path] => FreezeFailure.FreezeNotWritable($"{_pod}", _keeper.Node, string.Join(' ', path)),
            _ => _keeper.Failed(reply),
        };
    }

    private static TimeSpan Milliseconds(string text) =>
        TimeSpan.FromMilliseconds(long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? Math.Min(number, int.MaxValue) : 0);

    [GeneratedRegex(@"\A[0-9a-f-]{1,64}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Uid();
}
