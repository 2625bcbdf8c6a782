using System.Management.Automation;
using KubeCheckpoint.Archives.Checks;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Preflight.Restores;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Tests whether archives are intact, or whether they can be restored on a node.</summary>
/// <remarks>
/// <para>Without -NodeName the cmdlet reads the archive to the end and checks that its parts agree: JSON, CRIU images, process tree, page
/// counts, maps and open files. From a plain tar the memory pages are counted, not read. Each finding is an object. The last one for each
/// archive is its summary, with severity Information; an archive with no other finding is intact. Damage is a finding, not an error.</para>
/// <para>Images that a checkpoint can do without are not reported: CRIU records that it dropped TCP connections, for example. Pages that are in
/// an earlier checkpoint (ParentPages) and missing CRIU images (ImagesNotInArchive) are findings of their own. So is what a restore from the
/// archive itself would delete although the container has it (ReplacedFiles): images of this module keep it.</para>
/// <para>With -NodeName it tests whether an archive can be restored on a node, and writes one object for each archive and node with its
/// checks: runtime and version, architecture, page size, kernel, CPU features, security module, cgroups and CRIU; open TCP connections,
/// file locks, stopped processes, files in /dev/shm and in volumes, devices; the objects the pod refers to; and its image. CanRestore is
/// $true, $false, or $null if a decisive check is Unknown.</para>
/// <para>Some checks need a look at the node itself: a short-lived pod mounts /etc and /usr read-only, once for each node. With -NoHelper
/// these checks are Unknown.</para>
/// </remarks>
/// <example>
/// <code>Test-CheckpointArchive ./cp/web.tar</code>
/// <para>Shows what is wrong with an archive, or that nothing is.</para>
/// </example>
/// <example>
/// <code>Get-ChildItem ./cp/*.tar | Where-Object { -not (Test-CheckpointArchive $_ -Quiet) } | Move-Item -Destination ./broken</code>
/// <para>Moves damaged archives to another folder.</para>
/// </example>
/// <example>
/// <code>Test-CheckpointArchive ./cp/web.tar -NodeName node* | Where-Object CanRestore</code>
/// <para>Gets the nodes where an archive can be restored.</para>
/// </example>
/// <example>
/// <code>(Test-CheckpointArchive ./cp/web.tar -NodeName node2).Checks | Where-Object Outcome -GE Warning</code>
/// <para>Shows the problems on a node and what to do about them.</para>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "CheckpointArchive", DefaultParameterSetName = PathSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low,
    HelpUri = HelpPages.Root + "Test-CheckpointArchive.md")]
[OnlyWith(
    nameof(NodeName), nameof(Namespace), nameof(NoHelper), nameof(ThrottleLimit), nameof(KubeConfig), nameof(Context), nameof(As), nameof(AsGroup),
    nameof(HelperImage), nameof(HelperNamespace), nameof(HelperPullPolicy))]
[NotWith(nameof(NoHelper), nameof(HelperImage), nameof(HelperNamespace), nameof(HelperPullPolicy))]
[OutputType(typeof(CheckpointArchiveFinding), typeof(RestoreSupport), typeof(bool))]
public sealed class TestCheckpointArchiveCommand : HelperCmdlet, IArchiveParameters
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";
    private const string InputSet = "InputObject";

    private readonly PerKey<(ClusterTarget Cluster, bool Looks), RestorePreflight> _preflights;
    private readonly Dictionary<(ClusterTarget Cluster, string Node), bool> _looks = [];
    private readonly Dictionary<ClusterTarget, IReadOnlyList<ClusterNode>> _nodes = [];
    private readonly OutputOrder _order = new();

    /// <summary>Makes the cmdlet.</summary>
    public TestCheckpointArchiveCommand() => _preflights = Own(new PerKey<(ClusterTarget Cluster, bool Looks), RestorePreflight>(key => new RestorePreflight(
        Connect(key.Cluster), new RestorePreflightOptions { Namespace = Namespace, LooksAtNode = key.Looks, Helper = this.ToTransferOptions() })));

    /// <inheritdoc/>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    public CheckpointArchive? InputObject { get; set; }

    /// <inheritdoc/>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    [ArchivePathTransformation]
    public string[]? Path { get; set; }

    /// <inheritdoc/>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName", "LP", "ArchivePath")]
    public string[]? LiteralPath { get; set; }

    /// <summary>
    /// Writes only $true or $false: whether the archive has no errors; with -NodeName, whether it can be restored there. Unknown counts as
    /// $false.
    /// </summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <summary>The nodes to test the archives against. Wildcards are allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(NodeNameCompleter))]
    public string[]? NodeName { get; set; }

    /// <summary>The namespace to restore in. Default: the namespace of the checkpointed pod.</summary>
    [Parameter]
    [Alias("n")]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? Namespace { get; set; }

    /// <summary>Starts no helper pod on the node.</summary>
    [Parameter]
    public SwitchParameter NoHelper { get; set; }

    /// <summary>How many archives and nodes are tested at the same time.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int ThrottleLimit { get; set; } = 4;

    /// <inheritdoc/>
    protected override int MaximumConcurrency => NodeName is null ? 1 : ThrottleLimit;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var file in InputObject is null ? this.ResolveFiles(Path, LiteralPath) : [InputObject.Path])
        {
            if (NodeName is null)
                Start(file, cancellationToken => CheckAsync(file, cancellationToken));
            else
                Attempt(file, () => Compare(file));
        }
    }

    private void Compare(string file)
    {
        var cluster = CurrentTarget;
        foreach (var node in NodesOf(cluster))
        {
            var looks = LooksAt(cluster, node.Name);
            Start(file, _order.Add(
                cancellationToken => CompareAsync(file, node.Name, cluster, looks, cancellationToken),
                support => Output.WriteObjectAsync(Quiet ? support.CanRestore == true : support)));
        }
    }

    private IReadOnlyList<ClusterNode> NodesOf(ClusterTarget cluster)
    {
        if (_nodes.TryGetValue(cluster, out var known))
            return known;
        var failures = new List<KubeCheckpointException>();
        var nodes = Wait(cancellationToken => NodeFinder.FindAsync(Connect(cluster), NodeName, failures.Add, cancellationToken));
        foreach (var failure in failures)
            WriteError(failure.ToErrorRecord(failure.Target));
        return _nodes[cluster] = nodes;
    }

    private bool LooksAt(ClusterTarget cluster, string node)
    {
        if (!_looks.TryGetValue((cluster, node), out var looks))
            _looks[(cluster, node)] = looks = !NoHelper && ShouldProcess($"node '{node}'", "Inspect through a short-lived pod");
        return looks;
    }

    private async Task<RestoreSupport> CompareAsync(string file, string node, ClusterTarget cluster, bool looks, CancellationToken cancellationToken)
    {
        Sweep(cluster, HelperNamespace);
        using var progress = Output.OpenProgress();
        return await _preflights[(cluster, looks)].TestAsync(file, node, progress, cancellationToken);
    }

    private async Task CheckAsync(string path, CancellationToken cancellationToken)
    {
        if (Quiet)
        {
            await Output.WriteObjectAsync(IsWhole(path, cancellationToken));
            return;
        }
        foreach (var finding in ArchiveChecker.Check(path, cancellationToken))
            await Output.WriteObjectAsync(finding);
    }

    private static bool IsWhole(string path, CancellationToken cancellationToken)
    {
        try
        {
            return ArchiveChecker.Check(path, cancellationToken).All(finding => finding.Severity != FindingSeverity.Error);
        }
        catch (KubeCheckpointException)
        {
            return false;
        }
    }
}
