using System.Diagnostics;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Preflight.Hosts;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Initialization;

/// <summary>
/// Configures nodes for checkpoints through helper pods. What a node lacks is found out by a pod that can only read; the pod that writes can
/// write to the folders of CRIU and the runtime, and is privileged only if it restarts the runtime.
/// </summary>
public sealed class NodeInitializer : IAsyncDisposable
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BetweenCommands = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.3);

    private readonly ClusterClient _cluster;
    private readonly NodeInitializerOptions _options;
    private readonly HelperPodSet _pods;
    private readonly TimeSpan _pause;

    /// <summary>Creates it, without sending a request.</summary>
    /// <param name="cluster">The cluster. The caller disposes of it, after this object.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="KubeCheckpointException">InvalidName: the namespace is not a valid name.</exception>
    public NodeInitializer(ClusterClient cluster, NodeInitializerOptions options)
        : this(cluster, options, Pause)
    {
    }

    internal NodeInitializer(ClusterClient cluster, NodeInitializerOptions options, TimeSpan pause)
    {
        ResourceName.Namespace(options.Helper.Namespace);
        _cluster = cluster;
        _options = options;
        _pause = pause;

        // A privileged pod sees all processes of its node, so only its deadline ends it if this process dies.
        _pods = new(cluster, options.Helper with { Deadline = TimeSpan.FromMinutes(15) + (2 * options.RestartTimeout) });
    }

    /// <summary>Finds out what a node lacks. Changes nothing.</summary>
    /// <param name="node">The node, as read just now.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="KubeCheckpointException">
    /// NodeRuntimeNotSupported, NodeFileIsLink, NodeSettingOverridden, NodeImportsUnusable, NodeConfigurationUnreadable, HelperPodNotStarted and
    /// the like.
    /// </exception>
    public async Task<NodePlan> PlanAsync(ClusterNode node, CancellationToken cancellationToken)
    {
        if (node.Runtime is null)
            throw InitializationFailure.NodeRuntimeNotSupported(node);
        return await WithPodAsync(node, Reader, async pod =>
        {
            var settings = NodeSettings.Read(await ReadAsync(pod, NodeFileScript.Look, cancellationToken).ConfigureAwait(false))
                ?? throw InitializationFailure.NodeConfigurationUnreadable(node.Name, "the output of the script is not complete");
            var files = new Dictionary<string, string>();
            foreach (var path in ((string[])["/etc/criu/runc.conf", "/etc/criu/crun.conf"]).Where(settings.Hashes.ContainsKey))
                files[path] = await ReadAsync(pod, $"cat {ShellWord.Quote(NodeFileScript.Root + path)}", cancellationToken).ConfigureAwait(false);
            return new NodePlanner(node, settings with { CriuFiles = files }, _options).Plan();
        }).ConfigureAwait(false);
    }

    /// <summary>Finds out what undoing earlier changes would do. Changes nothing.</summary>
    /// <param name="node">The node, as read just now.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="KubeCheckpointException">NodeConfigurationUnreadable, HelperPodNotStarted and the like.</exception>
    public Task<NodePlan> PlanUndoAsync(ClusterNode node, CancellationToken cancellationToken) => WithPodAsync(node, Reader, async pod =>
    {
        var undone = Undone(node, await ReadAsync(pod, NodeFileScript.Undo(isDry: true), cancellationToken).ConfigureAwait(false));
        var needsRestart = undone.Any(file => file.NeedsRestart && file.Action != NodeFileAction.Left);
        return new NodePlan { Node = node, IsUndo = true, Undone = undone, Restarts = _options.RestartsRuntime && needsRestart };
    });

    /// <summary>Makes the changes of a plan, and restarts the runtime if that is a part of it.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="progress">Receives the steps.</param>
    /// <param name="cancellationToken">Cancels it between two steps. A restart that has begun goes on.</param>
    /// <exception cref="KubeCheckpointException">
    /// NodeFileNotWritten, NodeWriteUnknown, RuntimeRestartNotPossible, RuntimeRestartFailed, RuntimeSettingsNotInEffect, NodeNotBack,
    /// HelperPodNotStarted and the like.
    /// </exception>
    public async Task<CheckpointNodeSetup> ApplyAsync(NodePlan plan, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        if (plan.IsEmpty)
            return Result(plan, plan.Undone, isRestarted: false, []);
        return await WithPodAsync(plan.Node, Writer(plan), async pod =>
        {
            progress?.Report(new($"Configuring {plan.Node.Name}", "Changing files", 0, null));
            var files = await WriteAsync(pod, plan, cancellationToken).ConfigureAwait(false);
            if (!plan.Restarts)
                return Result(plan, files, isRestarted: false, []);
            progress?.Report(new($"Configuring {plan.Node.Name}", $"Restarting {plan.Service}", 0, null));
            var remarks = await RestartAsync(pod, plan, cancellationToken).ConfigureAwait(false);
            return Result(plan, files, isRestarted: true, remarks);
        }).ConfigureAwait(false);
    }

    /// <summary>Deletes the pods. Takes at most a second.</summary>
    public ValueTask DisposeAsync() => _pods.DisposeAsync();

    /// <summary>
    /// The role that reads. Where a restart may be at issue, it sees the processes of the node: those of the runtime tell whether it has been
    /// restarted since.
    /// </summary>
    private HelperRole Reader => new(OwnerRole.Inspect, HostScript.Folders, NeedsTools: true, Functions: NodeFileScript.Functions)
    {
        SharesProcessIds = _options.Features.Any(feature => feature != NodeFeature.CriuOptions),
    };

    private static HelperRole Writer(NodePlan plan)
    {
        string[] folders = ["/etc/criu", FolderOf(plan)];
        return new(
            OwnerRole.Configure,
            [.. folders.Select(folder => new HelperFolder(folder.Split('/')[^1], folder, NodeFileScript.Root + folder, IsReadOnly: false, IsCreated: true))],
            NeedsTools: true,
            Functions: NodeFileScript.Functions + (plan.Restarts ? RestartScript.Function : ""),
            EntersHost: plan.Restarts)
        {
            SharesProcessIds = plan.Changes.Any(change => change.NeedsRestart),
        };
    }

    private static string FolderOf(NodePlan plan) => plan.Node.RuntimeName == "cri-o" ? "/etc/crio" : "/etc/containerd";

    private async Task<T> WithPodAsync<T>(ClusterNode node, HelperRole role, Func<HelperPod, Task<T>> work)
    {
        var pod = _pods.Add(node.Name, role);
        try
        {
            await pod.StartedAsync(_pods.Lifetime).ConfigureAwait(false);
            return await work(pod).ConfigureAwait(false);
        }
        finally
        {
            await pod.DeleteAsync(_pods.Lifetime).ConfigureAwait(false);
        }
    }

    private static async Task<string> ReadAsync(HelperPod pod, string script, CancellationToken cancellationToken)
    {
        try
        {
            var (result, output) = await pod.Exec.RunAsync(script, Silence, cancellationToken).ConfigureAwait(false);
            return result.ExitCode == 0 ? output : throw InitializationFailure.NodeConfigurationUnreadable(pod.Node, result.Errors);
        }
        catch (ExecBrokenException exception)
        {
            throw InitializationFailure.NodeConfigurationUnreadable(pod.Node, exception.Message, exception);
        }
    }

    private static async Task<IReadOnlyList<CheckpointNodeFile>> WriteAsync(HelperPod pod, NodePlan plan, CancellationToken cancellationToken)
    {
        var script = plan.IsUndo ? NodeFileScript.Undo(isDry: false) : NodeFileScript.Write(plan.Changes);
        string output;
        try
        {
            (_, output) = await pod.Exec.RunAsync(script, Silence, cancellationToken).ConfigureAwait(false);
        }
        catch (ExecBrokenException exception)
        {
            throw InitializationFailure.NodeWriteUnknown(pod.Node, exception);
        }

        var lines = Lines(output);
        if (lines["end"].Count() != 1)
            throw InitializationFailure.NodeWriteUnknown(pod.Node, null);
        var failures = lines["bad"].Select(text => NodeSettings.OnNode(text).Split(' ', 2)).ToList();
        if (failures.Count > 0)
        {
            var left = failures.Skip(1).Select(parts => string.Join(": ", parts)).ToList();
            throw InitializationFailure.NodeFileNotWritten(pod.Node, failures[0][0], failures[0].ElementAtOrDefault(1) ?? "", left);
        }

        if (plan.IsUndo)
            return Undone(plan.Node, output);
        var backups = lines["backup"].Select(NodeSettings.OnNode).ToHashSet(StringComparer.Ordinal);
        return [.. plan.Changes.Select(change => new CheckpointNodeFile
        {
            Path = change.Path,
            Action = change.IsNew ? NodeFileAction.Created : NodeFileAction.Changed,
            BackupPath = change.BackupPath is { } backup && backups.Contains(backup) ? backup : null,
            Diff = change.Diff,
            NeedsRestart = change.NeedsRestart,
        })];
    }

    private static List<CheckpointNodeFile> Undone(ClusterNode node, string output)
    {
        var lines = Lines(output);
        if (lines["end"].Count() != 1)
            throw InitializationFailure.NodeConfigurationUnreadable(node.Name, "the output of the script is not complete");
        return [.. Of("restored", NodeFileAction.Restored), .. Of("removed", NodeFileAction.Removed), .. Of("left", NodeFileAction.Left)];

        IEnumerable<CheckpointNodeFile> Of(string word, NodeFileAction action) => lines[word].Select(text => text.Split(' ', 2)).Select(parts =>
        {
            var path = NodeSettings.OnNode(parts[0]);
            return new CheckpointNodeFile
            {
                Path = path,
                Action = action,
                Reason = parts.ElementAtOrDefault(1),
                NeedsRestart = !path.StartsWith("/etc/criu/", StringComparison.Ordinal),
            };
        });
    }

    private static ILookup<string, string> Lines(string output) => output.Split('\n').Select(line => line.Split(' ', 2))
        .ToLookup(parts => parts[0], parts => parts.ElementAtOrDefault(1) ?? "");

    private CheckpointNodeSetup Result(NodePlan plan, IReadOnlyList<CheckpointNodeFile> files, bool isRestarted, IEnumerable<string> remarks)
    {
        var needsRestart = plan.IsUndo ? files.Any(file => file.NeedsRestart && file.Action != NodeFileAction.Left) : plan.NeedsRestart;
        return new()
        {
            NodeName = plan.Node.Name,
            Runtime = plan.Node.Runtime,
            RuntimeVersion = plan.Node.RuntimeVersion,
            OciRuntime = plan.OciRuntime,
            Files = files,
            NeedsRestart = needsRestart && !isRestarted ? plan.Service : null,
            IsRestarted = isRestarted,
            Remarks = [.. plan.Remarks, .. remarks],
            Cluster = _cluster.Target,
        };
    }

    /// <summary>Restarts the runtime, and returns when the node has been verified.</summary>
    private async Task<IEnumerable<string>> RestartAsync(HelperPod pod, NodePlan plan, CancellationToken cancellationToken)
    {
        var path = $"{NodeFileScript.Root}{FolderOf(plan)}/{RestartScript.ResultName}";
        var states = plan.Changes.Reverse().Select(change => NodeFileScript.StateOf(change.Path));
        var script = RestartScript.Build(plan.Service, states, path, _options.RestartTimeout, _pause);
        var watch = Stopwatch.StartNew();
        try
        {
            await pod.Exec.RunAsync(script, Silence, cancellationToken).ConfigureAwait(false);
        }
        catch (ExecBrokenException)
        {
            // The script runs, or its result does not come.
        }

        var result = await WaitForResultAsync(pod, plan, path, watch, cancellationToken).ConfigureAwait(false);
        Check(plan, result);
        await WaitUntilReadyAsync(plan, watch, cancellationToken).ConfigureAwait(false);
        return CheckSettings(plan, result);
    }

    private async Task<RestartResult> WaitForResultAsync(HelperPod pod, NodePlan plan, string path, Stopwatch watch, CancellationToken cancellationToken)
    {
        // The script may need the time twice: to start the runtime with the new files and with the old ones.
        var limit = (2 * _options.RestartTimeout) + BetweenCommands;
        Exception? last = null;
        while (watch.Elapsed < limit)
        {
            await Task.Delay(_pause, cancellationToken).ConfigureAwait(false);
            try
            {
                var (_, output) = await pod.Exec.RunAsync(RestartScript.Read(path), BetweenCommands, cancellationToken).ConfigureAwait(false);
                if (RestartResult.Read(output) is not { } result)
                    continue;
                await pod.Exec.RunAsync(RestartScript.Clear(path), BetweenCommands, cancellationToken).ConfigureAwait(false);
                return result;
            }
            catch (Exception exception) when (exception is ExecBrokenException or KubeCheckpointException)
            {
                // While the runtime restarts, no command can be run in a pod.
                last = exception;
            }
        }

        throw InitializationFailure.NodeNotBack(plan.Node.Name, plan.Service, watch.Elapsed, last);
    }

    private static void Check(NodePlan plan, RestartResult result)
    {
        var (node, service) = (plan.Node.Name, plan.Service);
        switch (result.Outcome)
        {
            case "restarted":
                return;
            case "no-host":
                throw InitializationFailure.RuntimeRestartNotPossible(
                    node, service, $"the pod cannot run commands on the node ({result.Detail.Shorten(200)})", result.Left);
            case "no-service":
                throw InitializationFailure.RuntimeRestartNotPossible(
                    node, service, $"systemd does not run it as {service} ({result.Detail.Shorten(200)})", result.Left);
            case "other":
                throw InitializationFailure.RuntimeRestartFailed(
                    node, service, $"reads another configuration ({result.Detail.Shorten(200)}), so it was not restarted", isRunning: true, result.Left);
            case "rejected":
                throw InitializationFailure.RuntimeRestartFailed(
                    node, service, $"does not accept the configuration ({result.Detail.Shorten(300)}), so it was not restarted", isRunning: true, result.Left);
            case "failed":
                throw InitializationFailure.RuntimeRestartFailed(node, service, "did not start with the configuration", isRunning: true, result.Left);
            default:
                throw InitializationFailure.RuntimeRestartFailed(
                    node, service, "started neither with the configuration nor with the old one", isRunning: false, result.Left);
        }
    }

    private async Task WaitUntilReadyAsync(NodePlan plan, Stopwatch watch, CancellationToken cancellationToken)
    {
        var limit = watch.Elapsed + _options.RestartTimeout;
        while (!(await _cluster.GetNodeAsync(plan.Node.Name, cancellationToken).ConfigureAwait(false)).IsReady)
        {
            if (watch.Elapsed > limit)
                throw InitializationFailure.NodeNotBack(plan.Node.Name, plan.Service, watch.Elapsed);
            await Task.Delay(_pause, cancellationToken).ConfigureAwait(false);
        }
    }

    private static IEnumerable<string> CheckSettings(NodePlan plan, RestartResult result)
    {
        var wanted = plan.Settings;
        var wrong = wanted.Where(setting => result.Settings.TryGetValue(setting.Key, out var value) && value != setting.Value).ToList();
        if (wrong.Count > 0)
        {
            throw InitializationFailure.RuntimeSettingsNotInEffect(
                plan.Node.Name, plan.Service, wrong.Select(setting => $"{setting.Key} = {setting.Value}"));
        }

        return wanted.Where(setting => !result.Settings.ContainsKey(setting.Key)).Select(setting =>
            $"The running configuration does not list {setting.Key}: this version of {plan.Node.RuntimeName} may not know it, or not show it.");
    }
}
