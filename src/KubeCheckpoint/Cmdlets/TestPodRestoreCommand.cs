using System.Management.Automation;
using KubeCheckpoint.Cluster.Drills;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Rehearses a restore: brings a pod back beside the original, asks it whether it works, and removes it again.</summary>
/// <remarks>
/// <para>Takes running pods, which are checkpointed first; or archives or images. The copy is made in a namespace of its own, with the pod
/// security of the original's and copies of the config maps and secrets the pod refers to. Its service account has the original's name and no
/// rights. No Service, owner or budget of the original reaches into that namespace. One object for each pod says whether it came back and
/// passed the probes, on which node, how long each step took (Freeze is how long the containers of the original stood still), and if not, at
/// which step it failed and why: where the runtime does not say, Remarks have what Test-CheckpointArchive -NodeName has against it.</para>
/// <para>Nothing of the original is touched but for the checkpoint itself. Where the pod shares storage with others (claims, folders of the
/// node that it writes to, NFS and the like), the copy has an empty folder in its place, and Remarks say so: a process that has files open
/// there cannot come back in a drill. Ports of the node, its network, priorities and affinities to other pods are left out.</para>
/// <para>The copy goes on where the original was, and would go on with its work: a network policy forbids it to open connections, where the
/// cluster's network plugin enforces such policies. -AllowNetwork lets it.</para>
/// <para>Everything that was made is removed at the end, also after a failure or Ctrl+C: the namespace with all in it, helper pods, archives
/// here and on the node (one that was still being written at Ctrl+C, or had not been fetched yet, may stay there). Images stay in the registry, whose garbage collection is its own affair. -Keep leaves the copy and its namespace.</para>
/// </remarks>
/// <example>
/// <code>Get-Pod web-1 -Namespace shop | Test-PodRestore -Repository registry.local:5000/restore -HttpGet 8080/healthz</code>
/// <para>Checkpoints a pod, restores it beside itself and asks its health endpoint.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp/*.tar | Test-PodRestore -Repository registry.local:5000/restore -NodeName node2 -TcpPort 6379 -Command redis-cli, ping</code>
/// <para>Tells whether archives taken earlier would come back on a node.</para>
/// </example>
/// <example>
/// <code>Get-Pod -Namespace shop | Test-PodRestore -Repository registry.local:5000/restore -ScriptBlock { $_.RestartCount -eq 0 } | Where-Object Passed -EQ $false</code>
/// <para>Rehearses all pods of a namespace and shows those that would not come back.</para>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "PodRestore", DefaultParameterSetName = InputSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[NotWith(nameof(Path), nameof(CheckpointTimeoutSec))]
[NotWith(nameof(LiteralPath), nameof(CheckpointTimeoutSec))]
[OutputType(typeof(PodRestoreTest))]
public sealed class TestPodRestoreCommand : PodProbeCmdlet
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";

    private readonly List<RestoreSource> _sources = [];
    private PodManifest? _manifest;

    /// <summary>
    /// Pods: from Get-Pod, items of 'kubectl get pod -o json | ConvertFrom-Json', names, or any objects with PodName (or Name) and Namespace;
    /// archives from Get-CheckpointArchive or Save-CheckpointArchive; images from New-RestoreImage.
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

    /// <summary>The node to restore on. Without it the scheduler chooses among those whose runtime and architecture fit.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NodeNameCompleter))]
    public string? NodeName { get; set; }

    /// <summary>The pod's manifest, as JSON text or as an object. Without it: the one stored with archive or image, else that of the live pod.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public PSObject? Manifest { get; set; }

    /// <summary>Lets the copy open connections to others, as the original may.</summary>
    [Parameter]
    public SwitchParameter AllowNetwork { get; set; }

    /// <summary>Leaves the copy and its namespace, to look at. Delete the namespace afterwards.</summary>
    [Parameter]
    public SwitchParameter Keep { get; set; }

    private protected override ArchiveTransferOptions TransferOptions => this.ToTransferOptions() with { RemoveSource = true };

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
        AllowsNetwork = AllowNetwork,
        Keeps = Keep,
        Preflight = PreflightFor(cluster),
    };

    private void Test(DrillRequest request, string pod, ClusterTarget cluster, object source)
    {
        if (Repository is null && request.Images.Count == 0)
            throw ParameterFailure.RepositoryNotGiven();
        var node = NodeName is null ? "a node the scheduler chooses" : $"node '{NodeName}'";
        var action = request.Pod is null ? "Restore a copy, probe and remove it" : "Checkpoint, restore a copy, probe and remove it";
        if (ShouldProcess($"pod '{pod}' beside the original, in a namespace of its own, on {node}", action))
            Start(source, cancellationToken => TestAsync(request, cluster, cancellationToken));
    }

    private async Task TestAsync(DrillRequest request, ClusterTarget target, CancellationToken cancellationToken)
    {
        using var progress = Output.OpenProgress();
        var drill = new RestoreDrill(Connect(target), CheckpointerFor(target), TransferFor(target), request, progress);
        await Output.WriteObjectAsync(await drill.RunAsync(cancellationToken));
    }
}
