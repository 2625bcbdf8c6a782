using System.Management.Automation;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Downloads checkpoint archives from their nodes.</summary>
/// <remarks>
/// <para>A kubelet has no download. The cmdlet starts a helper pod on the node that mounts the kubelet's checkpoint folder, and reads the
/// archive through it. Broken connections are resumed. Size and SHA-256 are compared with the node before the file gets its final name;
/// until then it is named *.partial. The pod's manifest is saved beside it as *.pod.json.</para>
/// <para>Archives of the same node share a helper pod. It is removed when the cmdlet ends, also after a failure or Ctrl+C. If PowerShell is
/// killed, it ends after five minutes; Get-CheckpointLeftover shows it. It needs a namespace that allows hostPath volumes.</para>
/// <note>The files hold the memory of a process, including passwords and keys. Only their owner can read them (mode 0600).</note>
/// </remarks>
/// <example>
/// <code>Get-Pod web* -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp</code>
/// <para>Checkpoints pods and downloads the archives.</para>
/// </example>
/// <example>
/// <code>
/// $path = '/var/lib/kubelet/checkpoints/checkpoint-web_shop-app-2026-11-23T06:50:40Z.tar'
/// Save-CheckpointArchive -NodeName node1 -NodePath $path -Destination ./cp -RemoveSource
/// </code>
/// <para>Downloads an archive by its path and deletes it from the node once the copy is verified.</para>
/// </example>
/// <seealso cref="InvokeContainerCheckpointCommand"/>
/// <seealso cref="RestorePodCommand"/>
[Cmdlet(VerbsData.Save, "CheckpointArchive", DefaultParameterSetName = InputSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium,
    HelpUri = HelpPages.Root + "Save-CheckpointArchive.md")]
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

    /// <summary>Checkpoints: the output of Invoke-ContainerCheckpoint, or any objects with NodeName and NodePath.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    public PSObject InputObject { get; set; } = null!;

    /// <summary>The node that holds the archive.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [ArgumentCompleter(typeof(NodeNameCompleter))]
    public string NodeName { get; set; } = null!;

    /// <summary>The path of the archive on the node.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string[] NodePath { get; set; } = null!;

    /// <summary>The folder to save to. It is created if it does not exist.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public string Destination { get; set; } = null!;

    /// <summary>Deletes the archive from the node once the copy is verified.</summary>
    [Parameter]
    public SwitchParameter RemoveSource { get; set; }

    /// <summary>Overwrites a file of the same name with different content.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>How many archives are downloaded at the same time.</summary>
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
        Sweep(cluster, HelperNamespace);
        using var progress = Output.OpenProgress();
        var saved = await _transfers[cluster].SaveAsync(request, progress, cancellationToken);
        if (saved.RemoveFailure is not null)
            await Output.WriteErrorAsync(saved.RemoveFailure.ToErrorRecord(source));
        await Output.WriteObjectAsync(await CheckpointArchiveReader.ReadAsync(saved.Path, cancellationToken));
    }
}
