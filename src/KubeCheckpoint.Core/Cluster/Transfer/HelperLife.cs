using System.Globalization;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>
/// How a helper pod notices that its client has died. Its shell looks at the processes in the pod from time to time and ends when it was
/// alone each time for a while: while a client lives, a command of the client's runs at least every few minutes. It needs no tool but
/// <c>sleep</c>, no writable file and no signal. A pod that sees the processes of its node counts those in its own cgroups.
/// </summary>
internal static class HelperLife
{
    /// <summary>How long a helper pod outlives its client.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan BetweenSigns = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(20);

    /// <summary>Longer than the time between two looks, so that one of them meets it.</summary>
    private static readonly TimeSpan Sign = TimeSpan.FromSeconds(25);

    /// <summary>The file whose content Kubernetes shows as the message of a container that has ended.</summary>
    private const string TerminationMessage = "/dev/termination-log";

    /// <summary>The script that the pod runs while it waits for commands.</summary>
    /// <param name="claims">The name of the pod, if it removes the archives that are marked with it at its end; or null.</param>
    /// <param name="seesNode">Whether the pod sees the processes of its node.</param>
    public static string Script(string? claims, bool seesNode) => ScriptFor("/proc", BetweenLooks, (int)(Patience / BetweenLooks), seesNode)
        + (claims is null ? "" : $"; {ArchiveClaim.EndScript(claims, output: TerminationMessage)}");

    /// <param name="processes">The folder with a folder for each process.</param>
    /// <param name="betweenLooks">The time between two looks.</param>
    /// <param name="looks">How many looks that meet no other process end the pod.</param>
    /// <param name="seesNode">Whether these are the processes of a node.</param>
    internal static string ScriptFor(string processes, TimeSpan betweenLooks, int looks, bool seesNode)
    {
        // g: the lines of a process's cgroups, up to the first that differs from those of this shell.
        var before = seesNode
            ? "o=; g() { c=; while IFS= read -r l; do c=\"$c $l\"; case $o in \"$c\"*|'') ;; *) break;; esac; done 2>/dev/null < \"$1/cgroup\"; }; "
                + $"g {processes}/self; o=$c; "
            : "";
        var count = seesNode
            ? $"k=0; for d in {processes}/[0-9]*; do g \"$d\"; if [ \"$c\" = \"$o\" ]; then k=$((k+1)); fi; done"
            : $"set -- {processes}/[0-9]*; k=$#";
        return $"{before}n=0; while [ \"$n\" -lt {looks} ]; do {Sleep(betweenLooks)}; {count}; "
            + "if [ \"$k\" -gt 1 ]; then n=0; else n=$((n+1)); fi; done";
    }

    /// <summary>Runs a command in the pod every few minutes until it is cancelled. Never throws.</summary>
    public static async Task KeepAsync(PodExec exec, CancellationToken cancellationToken)
    {
        var pause = BetweenSigns;
        while (await DelayAsync(pause, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                await exec.RunAsync(Sleep(Sign), Sign * 3, cancellationToken).ConfigureAwait(false);
                pause = BetweenSigns;
            }
            catch (Exception exception) when (exception is KubeCheckpointException or IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The work that uses the pod reports what is wrong.
                pause = AfterFailure;
            }
        }
    }

    private static async Task<bool> DelayAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        await Task.Delay(pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !cancellationToken.IsCancellationRequested;
    }

    private static string Sleep(TimeSpan time)
    {
        var seconds = time.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        return $"sleep {seconds} || busybox sleep {seconds}";
    }
}
