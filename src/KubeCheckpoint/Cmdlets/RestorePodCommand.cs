using System.Management.Automation;
using KubeCheckpoint.Cluster;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Makes pods whose containers go on where their checkpoints left off.</summary>
/// <remarks>
/// <para>The pod is made from the manifest in the image (or -Manifest, or the live pod), with the images of the restored containers
/// put in. Mounts, volumes, environment, service account and resources stay; status, node and owner go, and with the owner the
/// labels by which a ReplicaSet, StatefulSet or Job would take the pod for one of its own and delete it.</para>
/// <para>Images of one pod that come down one pipeline make one pod. Containers without a restore image start from their own image.
/// The content of emptyDir volumes is not in a checkpoint; init containers run again and fill what they fill.</para>
/// <para>The cmdlet waits until the pod is Running and Ready. When it does not get there, the error has what the runtime and the
/// events say, and the pod stays for you to look at. When a restored container ends, the kubelet starts it again from the same
/// checkpoint.</para>
/// <para>The node's runtime must allow the restore: see about_KubeCheckpoint_ClusterSetup.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointArchive ./cp/*.tar | New-RestoreImage -Repository registry.local:5000/restore | Restore-Pod -NodeName node2</code>
/// <para>Restores pods from archives, on another node.</para>
/// </example>
/// <example>
/// <code>Restore-Pod -Reference registry.local:5000/restore:web-app -ContainerName app -PodName web-1 -Namespace shop -Name web-copy</code>
/// <para>Restores one container of a pod that still lives from an image made earlier, under another name.</para>
/// </example>
/// <example>
/// <code>$images | Restore-Pod -AsManifest | ConvertTo-Json -Depth 50 | kubectl apply -f -</code>
/// <para>Only makes the manifest, to be looked at or changed first.</para>
/// </example>
[Cmdlet(VerbsData.Restore, "Pod", DefaultParameterSetName = InputSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(Pod), typeof(PSObject))]
public sealed class RestorePodCommand : ClusterCmdlet
{
    private const string InputSet = "InputObject";
    private const string ReferenceSet = "Reference";

    private readonly List<PendingImage> _images = [];
    private string? _manifest;

    /// <summary>The images: of New-RestoreImage.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    public RestoreImage InputObject { get; set; } = null!;

    /// <summary>The reference of an image made earlier.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ReferenceSet)]
    [Alias("Image")]
    [ValidateNotNullOrEmpty]
    public string Reference { get; set; } = null!;

    /// <summary>The container that -Reference restores.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ReferenceSet)]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string ContainerName { get; set; } = null!;

    /// <summary>The live pod whose manifest serves, where -Manifest is not given.</summary>
    [Parameter(ParameterSetName = ReferenceSet)]
    [ArgumentCompleter(typeof(PodNameCompleter))]
    public string? PodName { get; set; }

    /// <summary>The new pod's name. Without it: the old name with '-restored' behind it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>The new pod's namespace. Without it: that of the pod that was checkpointed.</summary>
    [Parameter]
    [Alias("n")]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? Namespace { get; set; }

    /// <summary>The node to restore on. Without it the scheduler chooses one.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NodeNameCompleter))]
    public string? NodeName { get; set; }

    /// <summary>The pod's manifest, as JSON text or as an object. Without it: the one stored in the image, else that of the live pod.</summary>
    [Parameter]
    public PSObject? Manifest { get; set; }

    /// <summary>Keeps the owner references and the labels that go with them: the owner then counts the pod as its own.</summary>
    [Parameter]
    public SwitchParameter KeepOwnerReferences { get; set; }

    /// <summary>Writes the manifest as an object instead of making the pod.</summary>
    [Parameter]
    public SwitchParameter AsManifest { get; set; }

    /// <summary>How long to wait for the pod to be Running and Ready, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int TimeoutSec { get; set; } = 300;

    /// <summary>How many pods are restored at once.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int ThrottleLimit { get; set; } = 5;

    /// <inheritdoc/>
    protected override int MaximumConcurrency => ThrottleLimit;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        try
        {
            _manifest = Manifest is null ? null : JsonObjects.ToJson(Manifest);
        }
        catch (KubeCheckpointException failure)
        {
            ThrowTerminatingError(failure.ToErrorRecord(Manifest));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord() => _images.Add(new PendingImage(
        ParameterSetName == InputSet ? InputObject : ImageOfReference(),
        CurrentTarget));

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (var pod in _images.GroupBy(pending => (pending.Cluster, pending.Image.Namespace, pending.Image.PodName, pending.Image.PodUid)))
            RestorePod([.. pod.Select(pending => pending.Image)], pod.Key.Cluster);
        Finish();
    }

    private RestoreImage ImageOfReference() => new()
    {
        Reference = Reference,
        Digest = string.Empty,
        LayerDigest = string.Empty,
        Size = 0,
        Annotations = new Dictionary<string, string>(),
        Destination = string.Empty,
        IsPushed = true,
        ArchivePath = string.Empty,
        Engine = CheckpointEngine.CriO,
        TargetRuntime = CheckpointEngine.CriO,
        Namespace = Namespace,
        PodName = PodName,
        ContainerName = ContainerName,
    };

    private void RestorePod(RestoreImage[] images, ClusterTarget cluster)
    {
        var request = new RestoreRequest
        {
            Images = images,
            Manifest = _manifest,
            Name = Name,
            Namespace = Namespace,
            NodeName = NodeName,
            KeepOwnerReferences = KeepOwnerReferences,
            Timeout = TimeSpan.FromSeconds(TimeoutSec),
        };
        object target = images.Length == 1 ? images[0] : images;
        try
        {
            var manifest = Wait(cancellationToken => BuildManifestAsync(request, cluster, cancellationToken));
            if (AsManifest)
                WriteObject(JsonObjects.ToObject(manifest));
            else if (ShouldProcess(Description(manifest, images), "Restore"))
                Start(target, cancellationToken => RestoreAsync(request, manifest, cluster, cancellationToken));
        }
        catch (KubeCheckpointException failure)
        {
            WriteError(failure.ToErrorRecord(target));
        }
    }

    private async Task<string> BuildManifestAsync(RestoreRequest request, ClusterTarget cluster, CancellationToken cancellationToken)
    {
        // A manifest that travels with the image needs no cluster: -AsManifest works without one.
        var stored = request.Manifest ?? request.Images.Select(image => image.PodManifest).FirstOrDefault(manifest => manifest is not null);
        return PodRestorer.BuildManifest(request, stored ?? await new PodRestorer(Connect(cluster)).GetManifestAsync(request, cancellationToken));
    }

    private string Description(string manifest, RestoreImage[] images)
    {
        var metadata = PSObject.AsPSObject(JsonObjects.ToObject(manifest).Properties["metadata"].Value);
        var containers = string.Join(", ", images.Select(image => $"'{image.ContainerName}'"));
        var node = NodeName is null ? "a node the scheduler chooses" : $"node '{NodeName}'";
        return $"pod '{PodInput.Text(metadata, "namespace")}/{PodInput.Text(metadata, "name")}' on {node}, container {containers} from its checkpoint";
    }

    private async Task RestoreAsync(RestoreRequest request, string manifest, ClusterTarget cluster, CancellationToken cancellationToken)
    {
        using var progress = Output.OpenProgress();
        var pod = await new PodRestorer(Connect(cluster)).RestoreAsync(request, manifest, progress, cancellationToken);
        await Output.WriteObjectAsync(pod);
    }

    private sealed record PendingImage(RestoreImage Image, ClusterTarget Cluster);
}
