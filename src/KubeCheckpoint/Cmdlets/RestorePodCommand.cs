using System.Collections;
using System.Management.Automation;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Restore;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Images;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Makes pods whose containers go on where their checkpoints left off.</summary>
/// <remarks>
/// <para>Takes restore images, or archives: of these it makes images and pushes them first (-Repository), for the runtime of the node. The
/// pod is made from the manifest in the image or beside the archive (or -Manifest, or the live pod), with the images of the restored
/// containers put in. Mounts, volumes, environment, service account and resources stay; status, node and owner go, and with the owner the
/// labels by which a ReplicaSet, StatefulSet or Job would take the pod for one of its own and delete it. Other labels stay, so that
/// Services find the pod; -Label changes them. Tokens, config maps and secrets are mounted afresh.</para>
/// <para>CRIU wants every mount of the container back. Where the manifest lacks one that can be made up for (an emptyDir, the service
/// account's token, the file of the termination message), it is added; where not, the cmdlet says which before it makes
/// anything.</para>
/// <para>Without -NodeName the scheduler chooses among the nodes whose runtime and architecture fit. The images that the containers once ran
/// from are pulled there first, by a short-lived pod with the same service account and pull secrets: CRI-O never pulls them, and containerd
/// does so without pull secrets. -SkipPrePull leaves that out.</para>
/// <para>Images and archives of one pod that come down one pipeline make one pod. Containers without a restore image start from their own
/// image. The content of emptyDir volumes is not in a checkpoint; init containers run again and fill what they fill.</para>
/// <para>The cmdlet waits until the pod is Running and Ready. When it does not get there, the error has what the runtime and the
/// events say, and the pod stays for you to look at, unless -RemoveOnFailure is given. When a restored container ends, the kubelet starts it
/// again from the same checkpoint: a warning reminds of it.</para>
/// <para>The node's runtime must allow the restore: see about_KubeCheckpoint_ClusterSetup.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointArchive ./cp/*.tar | Restore-Pod -Repository registry.local:5000/restore -NodeName node2</code>
/// <para>Restores pods from archives, on another node: pushes images made for that node's runtime first.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp/*.tar | New-RestoreImage -Repository registry.local:5000/restore | Restore-Pod -Label @{ app = 'web-copy'; tier = $null }</code>
/// <para>The same in two steps. The restored pods get another label app, so that the Service of the originals does not find them, and none
/// called tier.</para>
/// </example>
/// <example>
/// <code>Restore-Pod -Reference registry.local:5000/restore:web-app, registry.local:5000/restore:web-proxy -NewName web-copy</code>
/// <para>Restores a pod of two containers from images made earlier, under another name.</para>
/// </example>
/// <example>
/// <code>$images | Restore-Pod -Patch @{ spec = @{ containers = @(@{ name = 'app'; resources = @{ limits = @{ memory = '2Gi' } } }) } } -AsManifest | ConvertTo-Json -Depth 50</code>
/// <para>Shows the manifest with a change merged in: containers, volumes, mounts and environment are merged by name.</para>
/// </example>
[Cmdlet(VerbsData.Restore, "Pod", DefaultParameterSetName = InputSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[NotWith(nameof(AsManifest), nameof(RemoveOnFailure), nameof(ThrottleLimit), nameof(TimeoutSec), nameof(SkipPrePull))]
[OutputType(typeof(Pod), typeof(PSObject))]
public sealed class RestorePodCommand : ClusterRegistryCmdlet
{
    private const string InputSet = "InputObject";
    private const string ArchiveSet = "Archive";
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";
    private const string ReferenceSet = "Reference";

    private readonly List<RestoreSource> _sources = [];
    private PodManifest? _manifest;
    private bool _hasWarned;

    /// <summary>Images from New-RestoreImage or Get-RestoreImage.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    public RestoreImage? InputObject { get; set; }

    /// <inheritdoc cref="IArchiveParameters.InputObject"/>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ArchiveSet)]
    public CheckpointArchive? Archive { get; set; }

    /// <inheritdoc cref="IArchiveParameters.Path"/>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    public string[]? Path { get; set; }

    /// <inheritdoc cref="IArchiveParameters.LiteralPath"/>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName", "LP")]
    public string[]? LiteralPath { get; set; }

    /// <summary>
    /// The references of images made earlier. They are read from their registry; where that cannot be reached from here, name the container
    /// with -ContainerName, and the image is taken unseen.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = ReferenceSet)]
    [Alias("Image")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string[]? Reference { get; set; }

    /// <summary>The container that -Reference restores. Without it: the one that the image says.</summary>
    [Parameter(ParameterSetName = ReferenceSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string? ContainerName { get; set; }

    /// <summary>The existing pod whose manifest is used. Default: the manifest in the image.</summary>
    [Parameter(ParameterSetName = ReferenceSet)]
    [Alias("PodName")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PodNameCompleter))]
    public string? Name { get; set; }

    /// <summary>The new pod's name. Default: the old name followed by '-restored'.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? NewName { get; set; }

    /// <summary>The new pod's namespace. Without it: that of the pod that was checkpointed.</summary>
    [Parameter]
    [Alias("n")]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? Namespace { get; set; }

    /// <summary>The node to restore on. Without it the scheduler chooses among those whose runtime and architecture fit.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NodeNameCompleter))]
    public string? NodeName { get; set; }

    /// <summary>The pod's manifest, as JSON text or as an object. Without it: the one stored in the image, else that of the live pod.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public PSObject? Manifest { get; set; }

    /// <summary>Labels to set on the new pod. A value of $null takes a label away; labels that are not named stay.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public IDictionary? Label { get; set; }

    /// <summary>Annotations to set on the new pod. A value of $null takes an annotation away; those that are not named stay.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public IDictionary? Annotation { get; set; }

    /// <summary>
    /// A change of the manifest, made last. An object or its JSON is merged as kubectl patch does: $null takes a member away, containers,
    /// volumes, mounts, environment and ports are merged by their keys, other lists are replaced. A list is one of operations as in RFC 6902
    /// (op, path, value). A script block gets the manifest as $_ and as its argument, and changes it or returns another.
    /// </summary>
    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public object? Patch { get; set; }

    /// <summary>Keeps the owner references and the labels that go with them: the owner then counts the pod as its own.</summary>
    [Parameter]
    public SwitchParameter KeepOwnerReferences { get; set; }

    /// <summary>Does not have the images that the containers once ran from pulled to the node first.</summary>
    [Parameter]
    public SwitchParameter SkipPrePull { get; set; }

    /// <summary>Deletes a pod that does not become ready, and one that is no longer waited for after Ctrl+C.</summary>
    [Parameter]
    public SwitchParameter RemoveOnFailure { get; set; }

    /// <summary>Writes the manifest as an object instead of making the pod. The images of archives are pushed all the same.</summary>
    [Parameter]
    public SwitchParameter AsManifest { get; set; }

    /// <summary>How long to wait for the pod to be Running and Ready, and before that for the base images, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int TimeoutSec { get; set; } = 300;

    /// <summary>How many pods are restored at once.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int ThrottleLimit { get; set; } = 5;

    /// <inheritdoc/>
    protected override int MaximumConcurrency => ThrottleLimit;

    private protected override void Begin()
    {
        base.Begin();
        _manifest = Manifest is null ? null : JsonObjects.ToManifest(Manifest);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var cluster = CurrentTarget;
        if (InputObject is not null)
            _sources.Add(new RestoreSource(cluster, Image: InputObject));
        else if (Archive is not null)
            _sources.Add(new RestoreSource(cluster, Archive: Archive));
        else if (Reference is not null)
            ReadReferences(Reference, cluster);
        else
            _sources.AddRange(ReadArchives(Path, LiteralPath, cluster));
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (var pod in RestoreSource.ByPod(_sources))
            Attempt(TargetOf(pod), () => RestorePod(pod));
        base.EndProcessing();
    }

    private void ReadReferences(string[] references, ClusterTarget cluster)
    {
        foreach (var reference in references)
        {
            _sources.AddRange(Attempt(reference, () => SourcesOf(reference, cluster)) ?? []);
        }
    }

    private List<RestoreSource> SourcesOf(string reference, ClusterTarget cluster)
    {
        try
        {
            var images = Wait(cancellationToken => RestoreImageCatalog.GetAsync(reference, Registry, cancellationToken));
            return [.. images.Select(image => new RestoreSource(cluster, Image: Named(image)))];
        }
        catch (KubeCheckpointException failure) when (failure.Category == FailureCategory.ConnectionError && ContainerName is not null)
        {
            WriteWarning($"{failure.Message} Using image '{reference}' without reading it; its target runtime and mounts are not checked.");
            return [new RestoreSource(cluster, Unread: new UnreadImage(reference, ContainerName, Namespace, Name))];
        }
    }

    private RestoreImage Named(RestoreImage image)
    {
        var named = image with { ContainerName = ContainerName ?? image.ContainerName };
        return Name is null ? named : named with { PodManifest = null, PodName = Name, Namespace = Namespace ?? image.Namespace };
    }

    private static object TargetOf(RestoreSource[] sources) => sources.Length == 1 ? sources[0].Input : sources.Select(source => source.Input).ToArray();

    private void RestorePod(RestoreSource[] sources)
    {
        var cluster = sources[0].Cluster;
        var plan = Wait(cancellationToken => PlanAsync(RequestFor(sources), cluster, cancellationToken));
        if (AsManifest)
            WriteManifest(plan);
        else if (ShouldProcess(Description(plan), plan.HasImagesToPush ? "Push images and restore" : "Restore"))
            Start(plan, TargetOf(sources), cluster);
    }

    private RestoreRequest RequestFor(RestoreSource[] sources) => new()
    {
        Images = [.. sources.Select(source => source.Image).OfType<RestoreImage>()],
        Archives = [.. sources.Select(source => source.Archive).OfType<CheckpointArchive>()],
        Unread = [.. sources.Select(source => source.Unread).OfType<UnreadImage>()],
        Repository = Repository,
        Registry = Registry,
        Manifest = _manifest,
        Name = NewName,
        Namespace = Namespace,
        NodeName = NodeName,
        Labels = TextChanges.From(Label),
        Annotations = TextChanges.From(Annotation),
        Patch = ManifestChange.ToJson(Patch),
        Change = ManifestChange.ToFunction(Patch, Output),
        KeepOwnerReferences = KeepOwnerReferences,
        PullBaseImages = !SkipPrePull,
        RemoveOnFailure = RemoveOnFailure,
        Timeout = TimeSpan.FromSeconds(TimeoutSec),
    };

    private async Task<RestorePlan> PlanAsync(RestoreRequest request, ClusterTarget cluster, CancellationToken cancellationToken)
    {
        try
        {
            return await new PodRestorer(Connect(cluster)).PlanAsync(request, cancellationToken);
        }
        catch (KubeCheckpointException failure) when (AsManifest && IsWithoutCluster(failure))
        {
            // A manifest that travels with the image needs no cluster.
            if (await PodRestorer.PlanOfflineAsync(request) is { } plan)
                return plan;
            throw;
        }
    }

    private static bool IsWithoutCluster(KubeCheckpointException failure) =>
        failure.Category == FailureCategory.ConnectionError || failure.ErrorId == nameof(ConnectionFailure.NoClusterConfigured);

    private void WriteManifest(RestorePlan plan)
    {
        if (plan.HasImagesToPush && ShouldProcess($"images of {plan.RestoredContainers.Count()} containers to '{Repository}'", "Push"))
        {
            plan = Wait(async cancellationToken =>
            {
                using var progress = Output.OpenProgress();
                return await PodRestorer.PushAsync(plan, progress, cancellationToken);
            });
        }

        WriteObject(JsonObjects.ToObject(plan.Manifest.Json));
    }

    private string Description(RestorePlan plan)
    {
        var containers = plan.RestoredContainers.Select(container => $"'{container}'").ToList();
        var node = plan.NodeName is null ? "a node the scheduler chooses" : $"node '{plan.NodeName}'";
        return $"pod '{plan.Namespace}/{plan.PodName}' on {node}, {(containers.Count == 1 ? "container" : "containers")} {string.Join(", ", containers)} from "
            + $"{(containers.Count == 1 ? "its checkpoint" : "their checkpoints")}{(plan.HasImagesToPush ? $" through images in '{Repository}'" : string.Empty)}";
    }

    private void Start(RestorePlan plan, object target, ClusterTarget cluster)
    {
        if (plan.RestartsFromCheckpoint && !_hasWarned)
        {
            _hasWarned = true;
            WriteWarning("If a restored container exits, the kubelet restarts it from the same checkpoint; later work is lost.");
        }

        Start(target, cancellationToken => RestoreAsync(plan, cluster, cancellationToken));
    }

    private async Task RestoreAsync(RestorePlan plan, ClusterTarget cluster, CancellationToken cancellationToken)
    {
        using var progress = Output.OpenProgress();
        var restored = await new PodRestorer(Connect(cluster)).RestoreAsync(plan, progress, cancellationToken);
        await Output.WriteObjectAsync(restored.Pod);
    }
}
