using System.Security.Cryptography;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Freezing;

/// <summary>The helper pod that holds a pod, as its client sees it: requests, signs of life, and the end of the hold.</summary>
internal sealed class Keeper : IAsyncDisposable
{
    /// <summary>How long the main process may take to do what it is asked.</summary>
    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan SignLimit = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly HelperPod _helper;
    private readonly HelperTools _tools;
    private readonly string _folder;
    private readonly string _pod;
    private readonly HoldOptions _options;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _ending = new();
    private readonly CancellationTokenSource _lost = new();
    private Task _signing = Task.CompletedTask;
    private string? _reason;
    private long _number;
    private bool _hasEnd;

    private Keeper(HelperPod helper, HelperTools tools, string folder, string pod, HoldOptions options)
    {
        _helper = helper;
        _tools = tools;
        _folder = folder;
        _pod = pod;
        _options = options;
    }

    public string Node => _helper.Node;

    /// <summary>Cancelled when the pod is no longer held for certain.</summary>
    public CancellationToken Lost => _lost.Token;

    public static async Task<Keeper> StartAsync(HelperPodSet helpers, string pod, string node, HoldOptions options, CancellationToken cancellationToken)
    {
        var folder = $"/dev/shm/kubecheckpoint-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        var helper = helpers.Add(node, KeeperScript.RoleFor(folder));
        try
        {
            var tools = await helper.StartedAsync(cancellationToken).ConfigureAwait(false);
            helper.Require(tools, ["find", "rm"]);
            return new(helper, tools, folder, pod, options);
        }
        catch (KubeCheckpointException failure) when (failure.ErrorId == nameof(HelperFailure.HelperPodRefused))
        {
            throw FreezeFailure.FreezeRefused($"{failure.Target}", failure.InnerException?.Message ?? failure.Message, failure);
        }
    }

    /// <summary>Begins to tell the main process that this process lives.</summary>
    public void BeginSigns() => _signing = Task.Run(() => SignAsync(_ending.Token));

    /// <summary>Asks the main process for something and returns its response, split into words.</summary>
    /// <exception cref="KubeCheckpointException">FreezeFailed, HelperPodGone and the like.</exception>
    public async Task<string[]> AskAsync(string request, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var number = Interlocked.Increment(ref _number);
            var command = KeeperScript.Ask(_folder, RequestLimit, number, request);
            var (result, output) = await _helper
                .RepeatAsync(() => RunAsync(command, RequestLimit * 2, cancellationToken), _folder, cancellationToken)
                .ConfigureAwait(false);
            return result.ExitCode == 0 && output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } words
                ? words
                : throw Failed([$"its helper pod does not respond (exit code {result.ExitCode})", result.Errors]);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Checks a response.</summary>
    /// <exception cref="KubeCheckpointException">FreezeLost, FreezeFailed.</exception>
    public void Expect(string[] reply, string expected)
    {
        if (reply[0] == "lost")
            throw FreezeFailure.FreezeLost(_pod, Node, _reason ?? ReasonOf(reply[^1]));
        if (reply[0] != expected)
            throw Failed(reply);
    }

    public KubeCheckpointException Failed(IEnumerable<string> reply) => FreezeFailure.FreezeFailed(_pod, Node, string.Join(' ', reply));

    /// <summary>Ends the hold after a time, if it is the first one that is set.</summary>
    public void EndAfter(TimeSpan time)
    {
        if (_hasEnd)
            return;
        _hasEnd = true;
        _ = LoseAfterAsync(time < TimeSpan.Zero ? TimeSpan.Zero : time);
    }

    public async ValueTask DisposeAsync()
    {
        if (_ending.IsCancellationRequested)
            return;
        await _ending.CancelAsync().ConfigureAwait(false);
        await _signing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _helper.DeleteAsync(CancellationToken.None).ConfigureAwait(false);
        _ending.Dispose();
        _lost.Dispose();
    }

    private static string ReasonOf(string word) => word switch
    {
        "longest" => "the longest time is over",
        "silent" => "its helper pod had no sign of this process for too long",
        "stopped" or "restarted" => "its helper pod was ended",
        _ => "it has been released",
    };

    private async Task LoseAfterAsync(TimeSpan time)
    {
        try
        {
            await Task.Delay(time, _ending.Token).ConfigureAwait(false);
            await LoseAsync(ReasonOf("longest")).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // The hold has ended before.
        }
    }

    private async Task LoseAsync(string reason)
    {
        _reason ??= reason;
        await _lost.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>Tells the main process every few seconds that this process lives.</summary>
    private async Task SignAsync(CancellationToken cancellationToken)
    {
        var last = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var start = TimeProvider.System.GetTimestamp();
            var pause = _options.BetweenSigns;
            try
            {
                var (result, output) = await RunAsync(KeeperScript.Sign(_folder, start), SignLimit, cancellationToken).ConfigureAwait(false);
                last = start;
                var words = result.ExitCode == 0 ? output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) : ["thawed", "stopped"];
                if (words is ["thawed" or "ended", var word, ..])
                {
                    await LoseAsync(ReasonOf(word)).ConfigureAwait(false);
                    return;
                }
            }
            catch (Exception exception) when (exception is KubeCheckpointException or IOException)
            {
                pause = AfterFailure;
                var isGone = (exception as KubeCheckpointException)?.ErrorId == nameof(HelperFailure.HelperPodGone);
                if (isGone || TimeProvider.System.GetElapsedTime(last) > _options.Lease)
                {
                    await LoseAsync(ReasonOf(isGone ? "stopped" : "silent")).ConfigureAwait(false);
                    return;
                }
            }
            await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
        }
    }

    private Task<(ExecResult Result, string Output)> RunAsync(string command, TimeSpan silence, CancellationToken cancellationToken) =>
        _helper.Exec.RunAsync($"{HelperRole.UseFunctions}{_tools.FunctionsFor(["find", "rm"])}{command}", silence, cancellationToken);
}
