using System.Collections;
using System.Management.Automation;
using KubeCheckpoint.Cluster.KubeConfigs;
using KubeCheckpoint.Cluster.Restore;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Images;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Creates pods whose containers continue from their checkpoints.</summary>
/// <remarks>
/// <para>Takes restore images or archives. From archives it first pushes images made for the node's runtime to -Repository. The new pod is
/// created from the manifest stored in the image or beside the archive, from -Manifest, or from the live pod. It keeps the mounts, volumes,
/// environment, service account and resources. It loses the status, the node and the owner, and the labels by which the owner would adopt
/// and delete it. Other labels stay, so Services find the pod; change them with -Label. Tokens, ConfigMaps and Secrets are mounted
/// afresh.</para>
/// <para>CRIU needs every mount of the container. Missing mounts that can be recreated (an emptyDir, the service account token, the
/// termination message file) are added; otherwise the cmdlet lists them and stops before it creates anything.</para>
/// <para>Without -NodeName the scheduler chooses a node with a matching runtime and architecture. The base images of the containers are
/// pulled there first, by a short-lived pod with the same service account and pull secrets, because CRI-O never pulls them and containerd
/// pulls them without pull secrets. -SkipPrePull skips this step.</para>
/// <para>Images and archives of the same pod in one pipeline become one pod. Containers without a restore image start from their normal
/// image. Init containers run again.</para>
/// <para>The content of emptyDir volumes and /dev/shm is not in a checkpoint. What Save-CheckpointArchive -IncludeVolumes has kept beside
/// the archives is put back before the restored containers start: the new pod gets an init container of the image -HelperImage that waits
/// for it, after the pod's own init containers. It runs as root to set the owners of files, which the pod security standard restricted does
/// not allow, and you need the right to exec in the namespace. An open file that has grown since the checkpoint is cut to its
/// size at the checkpoint, which CRIU expects. A log that is only appended to keeps what was written since, and the restored process writes
/// it again. With -AsManifest, volumes are not part of the manifest.</para>
/// <para>The cmdlet waits until the pod is Running and Ready. If it does not get there, the error shows what the runtime and the events
/// say, and the pod is kept for inspection unless -RemoveOnFailure is given. If a restored container exits, the kubelet restarts it from
/// the same checkpoint; later work is lost. A warning reminds you of this.</para>
/// <para>When CRIU fails, the runtime deletes its log at once. The cmdlet reads the log at the kubelet's next try, through a helper pod, where
/// your rights allow it (those of Grant-CheckpointAccess -Task Save). The error then names the cause, the process and the cure, and
/// its TargetObject holds the log for Get-CheckpointLog -Failure. Otherwise the error says what to run on the node.</para>
/// <para>Where the archive is on this machine, files of the restored containers are then compared with it, through their own shell: a sample,
/// or all with -Verify. What is missing, or differs although nothing has changed it since, is an error (RestoredFilesDiffer) whose TargetObject
/// lists the files. Containers without a shell are not compared.</para>
/// <para>The node's runtime must allow restoring: see about_KubeCheckpoint_ClusterSetup.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointArchive ./cp/*.tar | Restore-Pod -Repository registry.local:5000/restore -NodeName node2</code>
/// <para>Pushes images made for the runtime of node2 and restores the pods there.</para>
/// </example>
/// <example>
/// <code>
/// Get-CheckpointArchive ./cp/*.tar | New-RestoreImage -Repository registry.local:5000/restore |
///     Restore-Pod -Label @{ app = 'web-copy'; tier = $null }
/// </code>
/// <para>Does the same in two steps. The new pods get another app label, so that the Service of the originals does not find them, and lose
/// the label tier.</para>
/// </example>
/// <example>
/// <code>Restore-Pod -Reference registry.local:5000/restore:web-app, registry.local:5000/restore:web-proxy -NewName web-copy</code>
/// <para>Restores a pod with two containers from existing images, under a new name.</para>
/// </example>
/// <example>
/// <code>
/// $patch = @{ spec = @{ containers = @(@{ name = 'app'; resources = @{ limits = @{ memory = '2Gi' } } }) } }
/// $images | Restore-Pod -Patch $patch -AsManifest | ConvertTo-Json -Depth 50
/// </code>
/// <para>Shows the manifest with a changed memory limit, without creating the pod.</para>
/// </example>
/// <seealso cref="TestPodRestoreCommand"/>
/// <seealso cref="TestCheckpointArchiveCommand"/>
[Cmdlet(VerbsData.Restore, "Pod", DefaultParameterSetName = InputSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium,
    HelpUri = HelpPages.Root + "Restore-Pod.md")]
[NotWith(nameof(AsManifest), nameof(RemoveOnFailure), nameof(Verify), nameof(ThrottleLimit), nameof(TimeoutSec), nameof(SkipPrePull), nameof(VolumePath))]
[NotWith(nameof(SkipVolumes), nameof(VolumePath), nameof(Force))]
[OutputType(typeof(Pod), typeof(PSObject))]
public sealed class RestorePodCommand : ClusterRegistryCmdlet, IHelperParameters
{
    private const string InputSet = "InputObject";
    private const string ArchiveSet = "Archive";
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";
    private const string ReferenceSet = "Reference";

    private readonly List<RestoreSource> _sources = [];
    private PodManifest? _manifest;
    private bool _hasWarned;

    /// <summary>Restore images: the output of New-RestoreImage or Get-RestoreImage.</summary>
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
    /// The references of existing images, read from their registry. If the registry cannot be reached from here, give -ContainerName, and
    /// the image is used without reading it.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = ReferenceSet)]
    [Alias("Image")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string[]? Reference { get; set; }

    /// <summary>The container that the image of -Reference restores. Default: the container named in the image.</summary>
    [Parameter(ParameterSetName = ReferenceSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string? ContainerName { get; set; }

    /// <summary>The live pod to take the manifest from. Default: the manifest stored in the image.</summary>
    [Parameter(ParameterSetName = ReferenceSet)]
    [Alias("PodName")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PodNameCompleter))]
    public string? Name { get; set; }

    /// <summary>The name of the new pod. Default: the old name followed by '-restored'.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? NewName { get; set; }

    /// <summary>The namespace of the new pod. Default: the namespace of the checkpointed pod.</summary>
    [Parameter]
    [Alias("n")]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? Namespace { get; set; }

    /// <summary>The node to restore on. Default: the scheduler chooses among nodes with a matching runtime and architecture.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NodeNameCompleter))]
    public string? NodeName { get; set; }

    /// <summary>
    /// The pod's manifest, as JSON text or as an object. Default: the manifest stored with the image or archive, else that of the live pod.
    /// </summary>
    [Parameter]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public PSObject? Manifest { get; set; }

    /// <summary>Labels to set on the new pod. A value of $null removes a label; labels not named here stay.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public IDictionary? Label { get; set; }

    /// <summary>Annotations to set on the new pod. A value of $null removes an annotation; annotations not named here stay.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public IDictionary? Annotation { get; set; }

    /// <summary>
    /// A change to the manifest, applied last. An object, or its JSON, is merged like 'kubectl patch': $null removes a field; containers,
    /// volumes, mounts, environment and ports are merged by key; other lists are replaced. A list is a JSON Patch (RFC 6902) of op, path
    /// and value. A script block gets the manifest as $_ and as its argument, and either changes it or returns a new one.
    /// </summary>
    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public object? Patch { get; set; }

    /// <summary>Keeps the owner references and the labels that go with them. The owner then counts the pod as its own.</summary>
    [Parameter]
    public SwitchParameter KeepOwnerReferences { get; set; }

    /// <summary>Does not pull the base images to the node first.</summary>
    [Parameter]
    public SwitchParameter SkipPrePull { get; set; }

    /// <summary>
    /// Archives, or folders of archives, whose volumes are put back: for images whose archive is elsewhere. Volumes are never in an image.
    /// Default: the volumes beside the archives that are restored.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? VolumePath { get; set; }

    /// <summary>Does not put back the content of volumes that is kept beside the archives.</summary>
    [Parameter]
    public SwitchParameter SkipVolumes { get; set; }

    /// <summary>Puts back volumes that were saved with another checkpoint.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>
    /// The image of the init container that puts volumes back, and of the helper pod that reads CRIU's log if the restore fails: any image with sh,
    /// head, tail, tar, find and truncate. Extended attributes and sparse files need GNU tar, as in debian:stable-slim.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string HelperImage { get; set; } = ArchiveTransferOptions.DefaultImage;

    /// <inheritdoc/>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string HelperNamespace { get; set; } = ArchiveTransferOptions.DefaultNamespace;

    /// <inheritdoc/>
    [Parameter]
    [ValidateSet("IfNotPresent", "Always", "Never")]
    public string HelperPullPolicy { get; set; } = "IfNotPresent";

    /// <summary>
    /// Compares all files that the checkpoint brings back, by type, size and time, not only a sample of 100. Needs the right to create
    /// pods/exec in the pod's namespace, and a shell in the container.
    /// </summary>
    [Parameter]
    public SwitchParameter Verify { get; set; }

    /// <summary>Deletes a pod that does not become ready, also after Ctrl+C.</summary>
    [Parameter]
    public SwitchParameter RemoveOnFailure { get; set; }

    /// <summary>Writes the manifest as an object instead of creating the pod. Images of archives are still pushed.</summary>
    [Parameter]
    public SwitchParameter AsManifest { get; set; }

    /// <summary>How long to wait for the pod to be Running and Ready, and before that for the base images, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int TimeoutSec { get; set; } = 300;

    /// <summary>How many pods are restored at the same time.</summary>
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
        RestoresVolumes = !SkipVolumes && !AsManifest,
        VolumePaths = [.. (VolumePath ?? []).Select(FullPath)],
        ForcesVolumes = Force,
        Helper = this.ToTransferOptions(),
        ReadsLog = true,
        ComparesAllFiles = Verify,
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
        failure.Category == FailureCategory.ConnectionError || failure.ErrorId == nameof(KubeConfigFailure.NoClusterConfigured);

    private void WriteManifest(RestorePlan plan)
    {
        if (plan.HasImagesToPush && ShouldProcess($"images of {plan.RestoredContainers.Count()} containers to '{Repository}'", "Push"))
        {
            plan = Wait(async cancellationToken =>
            {
                using var progress = Output.OpenProgress();
                var warnings = new List<string>();
                var pushed = await PodRestorer.PushAsync(plan.WithWarningsTo(warnings.Add), progress, cancellationToken);
                await Output.WriteWarningsAsync(warnings);
                return pushed;
            });
        }

        WriteObject(JsonObjects.ToObject(plan.Manifest));
    }

    private string Description(RestorePlan plan)
    {
        var containers = plan.RestoredContainers.Select(container => $"'{container}'").ToList();
        var node = plan.NodeName is null ? "a node the scheduler chooses" : $"node '{plan.NodeName}'";
        var (noun, source) = containers.Count == 1 ? ("container", "its checkpoint") : ("containers", "their checkpoints");
        return $"pod '{plan.Namespace}/{plan.PodName}' on {node}, {noun} {string.Join(", ", containers)} from {source}"
            + (plan.HasImagesToPush ? $" through images in '{Repository}'" : string.Empty);
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
        Sweep(cluster, plan.Namespace, HelperNamespace);
        using var progress = Output.OpenProgress();
        var warnings = new List<string>();
        try
        {
            var restored = await new PodRestorer(Connect(cluster)).RestoreAsync(plan.WithWarningsTo(warnings.Add), progress, cancellationToken);
            await Output.WriteObjectAsync(restored.Pod);
        }
        finally
        {
            if (!cancellationToken.IsCancellationRequested)
                await Output.WriteWarningsAsync(warnings);
        }
    }
}
