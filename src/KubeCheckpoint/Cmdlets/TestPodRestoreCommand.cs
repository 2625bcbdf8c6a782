using System.Management.Automation;
using KubeCheckpoint.Cluster.Drills;
using KubeCheckpoint.Cluster.Restore;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Cluster.Volumes;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Rehearses a restore: restores a copy beside the original, probes it and removes it.</summary>
/// <remarks>
/// <para>Takes running pods, which are checkpointed first, or existing archives or images. The copy runs in a new namespace with the same
/// pod security and copies of the ConfigMaps and Secrets the pod refers to. Its service account has the same name but no rights. No
/// Service, owner or disruption budget of the original applies there. One object for each pod says whether it was restored and passed the
/// probes, on which node, how long each step took (Freeze is how long the original was frozen), and if it failed, at which step and
/// why.</para>
/// <para>A copy passes only if its files are as the archive has them: a sample, or all with -Verify, is compared through the container's own
/// shell. Containers without a shell are not compared.</para>
/// <para>Apart from the checkpoint itself, the original is not touched. Shared storage (claims, writable folders of the node, NFS) is
/// replaced by empty folders, and Remarks say so; a process with open files there cannot be restored in a rehearsal. Node ports, host
/// network, priorities and pod affinities are left out.</para>
/// <para>The copy continues the work of the original. A network policy keeps it from opening connections, if the cluster's network plugin
/// enforces such policies; -AllowNetwork allows them.</para>
/// <para>Volumes that Save-CheckpointArchive -IncludeVolumes has kept beside the archives are put into the copy. -IncludeVolumes copies
/// those of a running pod.</para>
/// <para>Everything is removed at the end, also after a failure or Ctrl+C: the namespace, helper pods and archives. An archive that was
/// being written at Ctrl+C may stay on its node. Images stay in the registry. -Keep keeps the copy and its namespace.</para>
/// <para>If PowerShell is killed, the cluster ends the copy when its time is up: the sum of the timeouts. Get-CheckpointLeftover shows what is
/// left, and the next cmdlet of the same user on the same machine removes it.</para>
/// </remarks>
/// <example>
/// <code>Get-Pod web-1 -Namespace shop | Test-PodRestore -Repository registry.local:5000/restore -HttpGet 8080/healthz</code>
/// <para>Checkpoints a pod, restores a copy and calls its health endpoint.</para>
/// </example>
/// <example>
/// <code>
/// Get-CheckpointArchive ./cp/*.tar |
///     Test-PodRestore -Repository registry.local:5000/restore -NodeName node2 -TcpPort 6379 -Command redis-cli, ping
/// </code>
/// <para>Tests whether existing archives can be restored on a node.</para>
/// </example>
/// <example>
/// <code>
/// Get-Pod -Namespace shop | Test-PodRestore -Repository registry.local:5000/restore -ScriptBlock { $_.RestartCount -eq 0 } |
///     Where-Object Passed -EQ $false
/// </code>
/// <para>Rehearses all pods of a namespace and shows those that could not be restored.</para>
/// </example>
/// <seealso cref="RestorePodCommand"/>
/// <seealso cref="MovePodCommand"/>
/// <seealso cref="TestCheckpointArchiveCommand"/>
[Cmdlet(VerbsDiagnostic.Test, "PodRestore", DefaultParameterSetName = InputSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium,
    HelpUri = HelpPages.Root + "Test-PodRestore.md")]
[NotWith(nameof(Path), nameof(CheckpointTimeoutSec), nameof(IncludeVolumes))]
[NotWith(nameof(LiteralPath), nameof(CheckpointTimeoutSec), nameof(IncludeVolumes))]
[NotWith(nameof(SkipVolumes), nameof(IncludeVolumes))]
[OutputType(typeof(PodRestoreTest))]
public sealed class TestPodRestoreCommand : PodProbeCmdlet
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";

    private readonly List<RestoreSource> _sources = [];
    private readonly PerKey<ClusterTarget, VolumeTransfer> _volumes;
    private PodManifest? _manifest;

    /// <summary>Makes the cmdlet.</summary>
    public TestPodRestoreCommand() =>
        _volumes = Own(new PerKey<ClusterTarget, VolumeTransfer>(target => new VolumeTransfer(Connect(target), TransferFor(target), TransferOptions)));

    /// <summary>
    /// Pods: the output of Get-Pod, items of 'kubectl get pod -o json | ConvertFrom-Json', names, or any objects with PodName (or Name) and
    /// Namespace. Archives: the output of Get-CheckpointArchive or Save-CheckpointArchive. Images: the output of New-RestoreImage.
    /// </summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    public override PSObject? InputObject { get; set; }

    /// <inheritdoc cref="IArchiveParameters.Path"/>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    public string[]? Path { get; set; }

    /// <inheritdoc cref="IArchiveParameters.LiteralPath"/>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName", "LP")]
    public string[]? LiteralPath { get; set; }

    /// <summary>The node to restore on. Default: the scheduler chooses among nodes with a matching runtime and architecture.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NodeNameCompleter))]
    public string? NodeName { get; set; }

    /// <summary>
    /// The pod's manifest, as JSON text or as an object. Default: the manifest stored with the archive or image, else that of the live pod.
    /// </summary>
    [Parameter]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public PSObject? Manifest { get; set; }

    /// <summary>Copies the content of a running pod's emptyDir volumes and /dev/shm after the checkpoint, and puts it into the copy.</summary>
    [Parameter]
    public SwitchParameter IncludeVolumes { get; set; }

    /// <summary>Does not put back the content of volumes that is kept beside the archives.</summary>
    [Parameter]
    public SwitchParameter SkipVolumes { get; set; }

    /// <summary>Lets the copy open network connections, as the original may.</summary>
    [Parameter]
    public SwitchParameter AllowNetwork { get; set; }

    /// <summary>
    /// Keeps the copy and its namespace for inspection. The cluster ends the copy after a day. Delete the namespace afterwards.
    /// </summary>
    [Parameter]
    public SwitchParameter Keep { get; set; }

    private protected override ArchiveTransferOptions TransferOptions => this.ToTransferOptions() with { RemoveSource = true, IsPassing = true };

    private protected override void Begin()
    {
        base.Begin();
        _manifest = Manifest is null ? null : JsonObjects.ToManifest(Manifest);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var cluster = CurrentTarget;
        switch (InputObject?.BaseObject)
        {
            case RestoreImage image:
                _sources.Add(new RestoreSource(cluster, Image: image));
                break;
            case CheckpointArchive archive:
                _sources.Add(new RestoreSource(cluster, Archive: archive));
                break;
            case FileInfo file:
                _sources.AddRange(ReadArchives(null, [file.FullName], cluster));
                break;
            case null when Name is null:
                _sources.AddRange(ReadArchives(Path, LiteralPath, cluster));
                break;
            default:
                foreach (var (pod, source) in FindPods(this, cluster))
                    Attempt(source, () => Test(RequestFor(cluster) with { Pod = pod }, pod.ToString(), cluster, source));
                break;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (var pod in RestoreSource.ByPod(_sources))
            Attempt(pod[0].Input, () => TestSources(pod));
        base.EndProcessing();
    }

    private void TestSources(RestoreSource[] pod)
    {
        var request = RequestFor(pod[0].Cluster) with
        {
            Images = [.. pod.Select(source => source.Image).OfType<RestoreImage>()],
            Archives = [.. pod.Select(source => source.Archive).OfType<CheckpointArchive>()],
        };
        Test(request, $"{pod[0].Namespace}/{pod[0].PodName}", pod[0].Cluster, pod[0].Input);
    }

    private DrillRequest RequestFor(ClusterTarget cluster) => new()
    {
        Manifest = _manifest,
        NodeName = NodeName,
        Repository = Repository,
        Registry = Registry,
        Probes = ProbesFor(Connect(cluster)),
        ProbeTimeout = TimeSpan.FromSeconds(ProbeTimeoutSec),
        CheckpointTimeout = CheckpointTimeout,
        Timeout = TimeSpan.FromSeconds(TimeoutSec),
        PullBaseImages = !SkipPrePull,
        Volumes = IncludeVolumes ? _volumes[cluster] : null,
        RestoresVolumes = !SkipVolumes,
        Helper = TransferOptions,
        ComparesAllFiles = Verify,
        AllowsNetwork = AllowNetwork,
        Keeps = Keep,
        Preflight = PreflightFor(cluster),
    };

    private void Test(DrillRequest request, string pod, ClusterTarget cluster, object source)
    {
        if (Repository is null && request.Images.Count == 0)
            throw RestoreFailure.RepositoryMissing();
        var node = NodeName is null ? "a node the scheduler chooses" : $"node '{NodeName}'";
        var action = request.Pod is null ? "Restore a copy, probe it and remove it" : "Checkpoint, restore a copy, probe it and remove it";
        if (ShouldProcess($"pod '{pod}' beside the original, in a namespace of its own, on {node}", action))
            Start(source, cancellationToken => TestAsync(request, cluster, cancellationToken));
    }

    private async Task TestAsync(DrillRequest request, ClusterTarget target, CancellationToken cancellationToken)
    {
        Sweep(target, HelperNamespace);
        using var progress = Output.OpenProgress();
        var drill = new RestoreDrill(Connect(target), CheckpointerFor(target), TransferFor(target), request, progress);
        await Output.WriteObjectAsync(await drill.RunAsync(cancellationToken));
    }
}
