using KubeCheckpoint.Sandbox.State;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>
/// Takes a container's cgroup through the states of a real dump: the runtime freezes it, CRIU thaws it for its parasite and freezes it again at the
/// end of the dump, and the runtime thaws it when the archive is written.
/// </summary>
internal sealed class ContainerDump(ClusterState state, NodeState node, string id, HeldContainer container)
{
    /// <summary>Whether the runtime cannot pause it because its cgroup is frozen already.</summary>
    public bool IsRefused => container.Cgroup.IsSelfFrozen;

    /// <summary>Runs until the dump has ended, with the tasks still frozen.</summary>
    public async Task CaptureAsync(CancellationToken stopping)
    {
        // The parasite does not run in a pod that is frozen.
        while (container.Cgroup.IsParentFrozen && !container.HasEnded)
            await Task.Delay(state.Options.DumpStep, stopping);
        if (node.Definition.Runtime == SandboxRuntime.CriO)
            await TryToPauseAsync(stopping);
        node.Cgroups.Do(container, held =>
        {
            held.IsDumping = true;
            held.Cgroup.Set(frozen: true);
        });
        await Task.Delay(state.Options.DumpStep, stopping);
        node.Cgroups.Do(container, held => held.Cgroup.Set(frozen: false));
        await Task.Delay(state.Options.DumpStep, stopping);
        node.Cgroups.Do(container, held =>
        {
            held.Cgroup.Set(frozen: true);
            if (held.Writer is { } writer)
                state.Writers.Checkpoint(id, writer);
        });
    }

    /// <summary>Resumes the container: when its pod is held, or when time is up.</summary>
    public async Task ResumeAsync(CancellationToken stopping)
    {
        var end = DateTimeOffset.UtcNow + state.Options.HoldWindow;
        var isHeld = false;
        while (!isHeld && DateTimeOffset.UtcNow < end && !container.HasEnded)
        {
            await Task.Delay(1, stopping);
            node.Cgroups.Do(container, held => isHeld = held.Cgroup.IsParentFrozen);
        }

        // Whoever holds the pod looks whether it was in time; a runtime does not resume at that very moment.
        if (isHeld)
            await Task.Delay(state.Options.DumpStep, stopping);
        node.Cgroups.Do(container, held =>
        {
            held.Cgroup.Set(frozen: false);
            held.IsDumping = false;
        });
    }

    // runc pause of CRI-O freezes for a moment and gives up, up to five times.
    private async Task TryToPauseAsync(CancellationToken stopping)
    {
        node.Cgroups.Do(container, held => held.Cgroup.ShowFreezing());
        await Task.Delay(1, stopping);
        node.Cgroups.Do(container, held => held.Cgroup.Set(frozen: false));
    }
}
