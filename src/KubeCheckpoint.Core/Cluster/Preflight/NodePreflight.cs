using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Containers;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Preflight.Containers;
using KubeCheckpoint.Cluster.Preflight.Hosts;
using KubeCheckpoint.Cluster.Preflight.Proof;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>
/// Tests whether nodes can checkpoint containers, save archives and restore checkpoints. Only a deep test creates pods; any other test changes
/// nothing. What cannot be found out is Unknown and does not fail the test.
/// </summary>
public sealed class NodePreflight : IAsyncDisposable
{
    private readonly ClusterClient _cluster;
    private readonly NodePreflightOptions _options;
    private readonly AccessReviews _reviews;
    private readonly NodeInspector _inspector;
    private readonly HelperPodSet _lookers;
    private readonly ContainerInspector _containers;

    /// <summary>Creates a preflight, without sending a request.</summary>
    /// <param name="cluster">The cluster. The caller disposes of it, after this object.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="KubeCheckpointException">InvalidName: a namespace is not a valid name.</exception>
    public NodePreflight(ClusterClient cluster, NodePreflightOptions options)
    {
        ResourceName.Namespace(options.Helper.Namespace);
        if (options.RestoreNamespace is not null)
            ResourceName.Namespace(options.RestoreNamespace);
        _cluster = cluster;
        _options = options;
        _reviews = new(cluster.Server);
        _inspector = new(cluster, options.Helper);
        _lookers = new(cluster, options.Helper with { Deadline = HelperLife.Patience });
        _containers = new(cluster, options.IsDeep ? new NodeProcesses(_lookers, ContainerScript.Function, ContainerScript.Tools) : null);
    }

    /// <summary>Tests a node, and looks into running pods on it.</summary>
    /// <param name="node">The node, as read just now.</param>
    /// <param name="pods">The pods to look into.</param>
    /// <param name="progress">Receives the steps.</param>
    /// <param name="cancellationToken">Cancels the test; a deep test removes what it has created.</param>
    public async Task<CheckpointSupport> TestAsync(
        ClusterNode node, IReadOnlyList<Pod> pods, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        void Report(string status) => progress?.Report(new($"Testing {node.Name}", status, 0, null));
        var checks = new CheckList(node.Name);
        Report("Asking the kubelet");
        NodeChecks.Add(checks, node);
        var probe = await AddKubeletAsync(checks, node, cancellationToken).ConfigureAwait(false);
        var host = await InspectAsync(node, Report, cancellationToken).ConfigureAwait(false);
        var proofs = new CheckList(node.Name);
        var proof = await ProveAsync(proofs, node, Report, cancellationToken).ConfigureAwait(false);
        RuntimeChecks.AddCheckpoint(checks, node, host?.Value, proofs.HasPassed(CheckpointProver.CheckpointName));
        RuntimeChecks.AddRestore(checks, node, host?.Value, proofs.HasPassed(CheckpointProver.RestoreName));
        Report("Checking permissions");
        var access = new AccessChecks(checks, _reviews, node.Name);
        var restoreNamespace = _options.RestoreNamespace ?? _cluster.DefaultNamespace;
        await access.AddKubeletAccessAsync(probe, cancellationToken).ConfigureAwait(false);
        await access.AddSaveAsync(_options.Helper.Namespace, cancellationToken).ConfigureAwait(false);
        await access.AddRestoreAsync(restoreNamespace, cancellationToken).ConfigureAwait(false);
        await access.AddEventsAsync(restoreNamespace, cancellationToken).ConfigureAwait(false);
        if (host is null)
            HostChecks.AddNotInspected(checks);
        else
            HostChecks.Add(checks, host);
        checks.AddAll(proofs);
        if (pods.Count > 0)
            Report("Looking into running containers");
        var containers = new ContainerChecks(checks, node.Runtime, host?.Value);
        foreach (var pod in pods)
            await _containers.AddAsync(checks, containers, pod, cancellationToken).ConfigureAwait(false);
        return Result(node, checks) with { Proof = proof };
    }

    /// <summary>Cancels running tests and deletes the pods they created. Takes at most a second.</summary>
    public async ValueTask DisposeAsync() =>
        await Task.WhenAll(_inspector.DisposeAsync().AsTask(), _lookers.DisposeAsync().AsTask()).ConfigureAwait(false);

    /// <summary>Adds what the kubelet reports. If the user may not ask it, the checks say what that means.</summary>
    private async Task<KubeletProbe?> AddKubeletAsync(CheckList checks, ClusterNode node, CancellationToken cancellationToken)
    {
        var kubelet = new KubeletReader(_cluster.Server, node.Name);
        var configuration = kubelet.GetConfigurationAsync(cancellationToken);
        var disk = kubelet.GetDiskAsync(cancellationToken);
        var probe = await kubelet.ProbeAsync(cancellationToken).ConfigureAwait(false);
        var kubeletChecks = new KubeletChecks(checks);
        AddReach(checks, probe);
        kubeletChecks.AddVersion(node.KubeletVersion);
        kubeletChecks.AddGate(node.KubeletVersion, await configuration.ConfigureAwait(false), probe);
        kubeletChecks.AddTimeout(await configuration.ConfigureAwait(false));
        kubeletChecks.AddDisk(await disk.ConfigureAwait(false));
        return probe;
    }

    private static void AddReach(CheckList checks, KubeletProbe probe)
    {
        const string Name = "KubeletReachable";
        const SupportScope Scope = SupportScope.Checkpoint | SupportScope.Save;
        switch (probe.Result)
        {
            case ProbeResult.KubeletUnreachable:
                checks.Failed(
                    Name,
                    Scope,
                    $"the API server cannot reach the kubelet: {probe.Message}",
                    "See 'kubectl get nodes': the kubelet may be down, or a firewall may block the connection.");
                break;
            case ProbeResult.CallerForbidden:
                checks.Skipped(Name, Scope, "this user may not use the node proxy");
                break;
            case ProbeResult.Unknown:
                checks.Unknown(Name, Scope, probe.Message);
                break;
            default:
                checks.Passed(Name, Scope, "through the API server");
                break;
        }
    }

    private async Task<Fact<NodeHost>?> InspectAsync(ClusterNode node, Action<string> report, CancellationToken cancellationToken)
    {
        if (!_options.IsDeep)
            return null;
        if (!node.IsReady)
            return Fact<NodeHost>.Unknown("the node is not Ready");
        report("Inspecting the node");
        return await _inspector.InspectAsync(node.Name, cancellationToken).ConfigureAwait(false);
    }

    private async Task<CheckpointProof?> ProveAsync(CheckList proofs, ClusterNode node, Action<string> report, CancellationToken cancellationToken) =>
        _options.IsDeep && node.IsReady
            ? await new CheckpointProver(_cluster, _options, node, proofs).ProveAsync(report, cancellationToken).ConfigureAwait(false)
            : null;

    private CheckpointSupport Result(ClusterNode node, CheckList checks) => new()
    {
        NodeName = node.Name,
        KubeletVersion = node.KubeletVersion,
        Runtime = node.Runtime,
        RuntimeName = node.RuntimeName,
        RuntimeVersion = node.RuntimeVersion,
        Architecture = node.Architecture,
        KernelVersion = node.KernelVersion,
        CanCheckpoint = checks.Verdict(SupportScope.Checkpoint),
        CanSave = checks.Verdict(SupportScope.Save),
        CanRestore = checks.Verdict(SupportScope.Restore),
        Checks = checks.Checks,
        Cluster = _cluster.Target,
    };
}
