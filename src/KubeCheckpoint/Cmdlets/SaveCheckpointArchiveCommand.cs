using System.Management.Automation;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Cluster.Volumes;
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
/// <para>-IncludeVolumes also keeps what a checkpoint lacks: the content of the emptyDir volumes that the container mounts, and of the pod's
/// /dev/shm. A second helper pod mounts these folders only, and each becomes a tar beside the archive (*.volume-NAME, *.dev-shm), listed in
/// *.volumes.json. The volumes are read first, while the container runs: Volumes of the output tells how much time lies between the
/// checkpoint and the end of each copy (Delay), and what could not be kept (Remarks). With GNU tar in the helper image (-HelperImage
/// debian:stable-slim), extended attributes, ACLs and sparse files are kept too; with busybox they are not. Sockets are never kept.
/// Restore-Pod puts the content back.</para>
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
/// <example>
/// <code>Get-Pod db-0 | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp -IncludeVolumes | ForEach-Object Volumes</code>
/// <para>Saves a database with its files in emptyDir volumes and /dev/shm, and shows them.</para>
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
    private readonly PerKey<ClusterTarget, VolumeTransfer> _volumes;
    private string _destination = null!;

    /// <summary>Makes the cmdlet.</summary>
    public SaveCheckpointArchiveCommand()
    {
        _transfers = Own(new PerKey<ClusterTarget, ArchiveTransfer>(cluster => new ArchiveTransfer(Connect(cluster), Options)));
        _volumes = Own(new PerKey<ClusterTarget, VolumeTransfer>(cluster => new VolumeTransfer(Connect(cluster), _transfers[cluster], Options)));
    }

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

    /// <summary>
    /// Also saves the content of the container's emptyDir volumes and of /dev/shm. Needs the output of Invoke-ContainerCheckpoint, which
    /// names the pod. Volumes that an earlier run has saved stay, because they are closer to the checkpoint; -Force saves them again.
    /// </summary>
    [Parameter(ParameterSetName = InputSet)]
    public SwitchParameter IncludeVolumes { get; set; }

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

    private ArchiveTransferOptions Options => this.ToTransferOptions() with { RemoveSource = RemoveSource, Overwrite = Force };

    private protected override void Begin() => _destination = FullPath(Destination);

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(InputObject, () =>
    {
        foreach (var request in Requests())
            Save(request, IncludeVolumes ? VolumesOf(request) : null);
    });

    private VolumeRequest VolumesOf(SaveRequest request) => new()
    {
        NodeName = request.NodeName,
        NodePath = request.NodePath,
        DestinationFolder = _destination,
        PodUid = PodInput.Text(InputObject, "PodUid") ?? "",
        ContainerName = PodInput.Text(InputObject, "ContainerName"),
        PodManifest = request.PodManifest ?? throw VolumeFailure.VolumePodUnknown(request.NodePath),
        CheckpointedAt = PodInput.Time(InputObject, "CheckpointedAt"),
    };

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

    private void Save(SaveRequest request, VolumeRequest? volumes)
    {
        var what = volumes is null ? "Save" : "Save with its volumes";
        var action = RemoveSource ? $"{what} and remove from the node" : what;
        if (!ShouldProcess($"archive '{request.NodePath}' of node '{request.NodeName}' to '{_destination}'", action))
            return;
        var (source, cluster) = (ParameterSetName == PathSet ? request.NodePath : (object)InputObject, CurrentTarget);
        Start(source, cancellationToken => SaveAsync(request, volumes, cluster, source, cancellationToken));
    }

    private async Task SaveAsync(
        SaveRequest request, VolumeRequest? volumes, ClusterTarget cluster, object source, CancellationToken cancellationToken)
    {
        Sweep(cluster, HelperNamespace);
        using var progress = Output.OpenProgress();
        var pending = volumes is null ? null : await _volumes[cluster].CopyAsync(volumes, progress, cancellationToken);
        try
        {
            var saved = await _transfers[cluster].SaveAsync(request, progress, cancellationToken);
            if (saved.RemoveFailure is not null)
                await Output.WriteErrorAsync(saved.RemoveFailure.ToErrorRecord(source));
            var archive = await CheckpointArchiveReader.ReadAsync(saved.Path, cancellationToken);
            await Output.WriteObjectAsync(pending is null ? archive : await pending.PublishAsync(archive, cancellationToken));
        }
        catch
        {
            pending?.Discard();
            throw;
        }
    }
}
