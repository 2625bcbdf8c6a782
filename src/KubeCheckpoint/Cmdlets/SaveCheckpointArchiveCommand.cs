using System.Management.Automation;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Brings checkpoint archives off their nodes.</summary>
/// <remarks>
/// <para>A kubelet offers no download. This cmdlet starts a helper pod on the node that mounts the kubelet's checkpoint folder, reads
/// the archive through it in ranges that are resumed when the connection is cut, and compares size and SHA-256 with the node before
/// the file gets its name. Until then it is called *.partial. The pod's manifest is saved beside it as *.pod.json.</para>
/// <para>Archives of one node share one helper pod. It goes away when the cmdlet ends, on failure and on Ctrl+C too, and has a
/// deadline of its own in case this process dies. It needs a namespace in which hostPath volumes are allowed.</para>
/// <para>Files are readable by their owner only (0600): they hold the memory of a process, its passwords and keys included.</para>
/// </remarks>
/// <example>
/// <code>Get-Pod web* -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp</code>
/// <para>Checkpoints some pods and brings the archives here.</para>
/// </example>
/// <example>
/// <code>Save-CheckpointArchive -NodeName node1 -NodePath /var/lib/kubelet/checkpoints/checkpoint-web_shop-app-2026-11-23T06:50:40Z.tar -Destination ./cp -RemoveSource</code>
/// <para>Brings an archive whose path is known, and deletes it on the node once the copy is verified.</para>
/// </example>
[Cmdlet(VerbsData.Save, "CheckpointArchive", DefaultParameterSetName = InputSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(CheckpointArchive))]
public sealed class SaveCheckpointArchiveCommand : HelperCmdlet
{
    private const string InputSet = "InputObject";
    private const string PathSet = "NodePath";

    private readonly PerKey<ClusterTarget, ArchiveTransfer> _transfers;
    private string _destination = null!;

    /// <summary>Makes the cmdlet.</summary>
    public SaveCheckpointArchiveCommand() => _transfers = Own(new PerKey<ClusterTarget, ArchiveTransfer>(
        cluster => new ArchiveTransfer(Connect(cluster), this.ToTransferOptions() with { RemoveSource = RemoveSource, Overwrite = Force })));

    /// <summary>The checkpoints: of Invoke-ContainerCheckpoint, or anything with NodeName and NodePath.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    public PSObject InputObject { get; set; } = null!;

    /// <summary>The node the archive lies on.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [ArgumentCompleter(typeof(NodeNameCompleter))]
    public string NodeName { get; set; } = null!;

    /// <summary>The archive's path on the node.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string[] NodePath { get; set; } = null!;

    /// <summary>The folder to save to; it is made when it does not exist.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public string Destination { get; set; } = null!;

    /// <summary>Deletes the archive on the node once the copy here is verified.</summary>
    [Parameter]
    public SwitchParameter RemoveSource { get; set; }

    /// <summary>Replaces a file of the same name with other content.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>How many archives are brought at once.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int ThrottleLimit { get; set; } = 3;

    /// <inheritdoc/>
    protected override int MaximumConcurrency => ThrottleLimit;

    private protected override void Begin() => _destination = FullPath(Destination);

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(InputObject, () =>
    {
        foreach (var request in Requests())
            Save(request);
    });

    private SaveRequest[] Requests()
    {
        if (ParameterSetName == PathSet)
            return [.. NodePath.Select(path => new SaveRequest { NodeName = NodeName, NodePath = path, DestinationFolder = _destination })];

        if (PodInput.Text(InputObject, "NodePath") is not { } nodePath || PodInput.Text(InputObject, "NodeName") is not { } nodeName)
            throw ParameterFailure.InputNotACheckpoint(InputObject.BaseObject);
        return
        [
            new SaveRequest
            {
                NodeName = nodeName,
                NodePath = nodePath,
                DestinationFolder = _destination,
                PodManifest = PodInput.Manifest(InputObject),
            },
        ];
    }

    private void Save(SaveRequest request)
    {
        var action = RemoveSource ? "Save and remove from the node" : "Save";
        if (!ShouldProcess($"archive '{request.NodePath}' of node '{request.NodeName}' to '{_destination}'", action))
            return;
        var (source, cluster) = (ParameterSetName == PathSet ? request.NodePath : (object)InputObject, CurrentTarget);
        Start(source, cancellationToken => SaveAsync(request, cluster, source, cancellationToken));
    }

    private async Task SaveAsync(SaveRequest request, ClusterTarget cluster, object source, CancellationToken cancellationToken)
    {
        using var progress = Output.OpenProgress();
        var saved = await _transfers[cluster].SaveAsync(request, progress, cancellationToken);
        if (saved.RemoveFailure is not null)
            await Output.WriteErrorAsync(saved.RemoveFailure.ToErrorRecord(source));
        await Output.WriteObjectAsync(await CheckpointArchiveReader.ReadAsync(saved.Path, cancellationToken));
    }
}
