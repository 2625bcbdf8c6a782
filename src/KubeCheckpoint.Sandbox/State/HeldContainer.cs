using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Cgroups;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>A container in its cgroup, with the process and the program that emulate its own.</summary>
internal sealed class HeldContainer(string podUid, JsonObject container, Cgroup pod, Cgroup cgroup, Placeholder process, EmulatedWriter? writer) : IDisposable
{
    public const int Kill = 9;
    public const int Terminate = 15;

    private DateTimeOffset? _frozenSince;
    private bool _heldWithTerminate;

    public string PodUid => podUid;

    public string Name { get; } = container.Text("name");

    public Cgroup Cgroup => cgroup;

    public EmulatedWriter? Writer => writer;

    /// <summary>Whether CRIU has its tasks: they are frozen whatever the cgroup says.</summary>
    public bool IsDumping
    {
        get => process.IsTraced;
        set => process.IsTraced = value;
    }

    /// <summary>Whether the kubelet must not start it again.</summary>
    public bool IsTerminating { get; set; }

    /// <summary>Whether its tasks have ended.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Whether it was held for as long as its liveness probe may fail.</summary>
    public bool FailedLiveness { get; private set; }

    /// <summary>Takes over what was written to its cgroup; its pod's has been read.</summary>
    public void Read() => cgroup.Read();

    /// <summary>Shows a signal as pending.</summary>
    public void Send(int signal) => process.Add(signal);

    /// <summary>Runs its program for a moment unless it is held, and ends it if a signal has reached it.</summary>
    /// <param name="killsFrozen">Whether SIGKILL ends frozen tasks.</param>
    /// <returns>Whether it has ended now.</returns>
    public bool Step(bool killsFrozen)
    {
        cgroup.Show();
        if (process.Signal is > 0 and var signal)
            Send(signal);
        if (cgroup.IsKilled || pod.IsKilled)
            Send(Kill);
        var isHeld = cgroup.IsFrozen || IsDumping;
        Count(isHeld);
        if (process.IsPending(Kill) ? !isHeld || killsFrozen : !isHeld && process.IsPending(Terminate))
        {
            End(SandboxWriterEnd.Killed);
            return true;
        }
        if (!isHeld)
            writer?.Write();
        return false;
    }

    public void End(SandboxWriterEnd end)
    {
        if (HasEnded)
            return;
        HasEnded = true;
        writer?.Change(result => result with { End = end, IsHeld = false, RanTerminationHandler = _heldWithTerminate && !process.IsPending(Kill) });
        Dispose();
    }

    public void Dispose()
    {
        cgroup.Dispose();
        process.Dispose();
    }

    private void Count(bool isHeld)
    {
        if (writer is not null && writer.Result.IsHeld != isHeld)
            writer.Change(result => result with { IsHeld = isHeld });
        _heldWithTerminate |= isHeld && process.IsPending(Terminate);
        _frozenSince = cgroup.IsFrozen ? _frozenSince ?? DateTimeOffset.UtcNow : null;
        if (FailedLiveness || LivenessLimit() is not { } limit || DateTimeOffset.UtcNow - _frozenSince < limit || _frozenSince is null)
            return;
        FailedLiveness = true;
        writer?.Change(result => result with { FailedLiveness = true });
        Send(Kill);
    }

    // The defaults are those of the API server.
    private TimeSpan? LivenessLimit()
    {
        if (container["livenessProbe"] is not JsonObject probe)
            return null;
        return TimeSpan.FromSeconds(Number("failureThreshold", 3) * Number("periodSeconds", 10));

        int Number(string name, int byDefault) => int.TryParse(probe.Text(name), CultureInfo.InvariantCulture, out var number) ? number : byDefault;
    }
}
