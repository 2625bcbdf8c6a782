using System.Management.Automation;
using KubeCheckpoint.Archives.Checks;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Preflight.Restores;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Tests whether checkpoint archives are whole and agree with themselves, or whether they will come back on a node.</summary>
/// <remarks>
/// <para>Without -NodeName it reads the tar and its compression to the end, all JSON and every CRIU image, and holds against each other what
/// they say: members against the processes of the tree, types against names, counts of pages against pages files, pages against maps,
/// descriptors, folders and maps against open files. Memory pages of a plain tar are counted, not read.</para>
/// <para>Each finding is an object. The last one of an archive is its summary, of severity Information: an archive without any other
/// is whole. Damage is a finding, not an error; only a file that cannot be read at all is an error.</para>
/// <para>With -NodeName it tells whether an archive will come back there, and why not: one object for each archive and node, with its checks.
/// The runtime's family and version, architecture, page size, kernel, the registers in use against the node's processor, security module,
/// cgroups, CRIU; open TCP connections, file locks, stopped processes, files in /dev/shm and in volumes, devices; the objects the pod
/// refers to; the image it ran from and where its tag leads now. CanRestore is $true, $false, or $null where what decides is unknown.</para>
/// <para>Processor, page size, security module, cgroups, CRIU and the runtime's configuration show on the node only: a short-lived pod looks
/// there, once for each node, with the node's /etc and /usr read-only. -NoHelper leaves it out; those checks are Unknown then.</para>
/// </remarks>
/// <example>
/// <code>Test-CheckpointArchive ./cp/web.tar</code>
/// <para>Shows what is wrong with an archive, or that nothing is.</para>
/// </example>
/// <example>
/// <code>Get-ChildItem ./cp/*.tar | Where-Object { -not (Test-CheckpointArchive $_ -Quiet) } | Move-Item -Destination ./broken</code>
/// <para>Puts damaged archives aside.</para>
/// </example>
/// <example>
/// <code>Test-CheckpointArchive ./cp/web.tar -NodeName node* | Where-Object CanRestore</code>
/// <para>The nodes on which an archive will come back.</para>
/// </example>
/// <example>
/// <code>(Test-CheckpointArchive ./cp/web.tar -NodeName node2).Checks | Where-Object Outcome -GE Warning</code>
/// <para>What stands in the way on a node, and what to do about it.</para>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "CheckpointArchive", DefaultParameterSetName = PathSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OnlyWith(
    nameof(NodeName), nameof(Namespace), nameof(NoHelper), nameof(ThrottleLimit), nameof(KubeConfig), nameof(Context), nameof(HelperImage), nameof(HelperNamespace), nameof(HelperPullPolicy))]
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
    /// Says only $true or $false: for an archive without errors; with -NodeName, for one that will come back there. What cannot be found
    /// out is $false.
    /// </summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <summary>The nodes on which the archives are to come back; wildcards are allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(NodeNameCompleter))]
    public string[]? NodeName { get; set; }

    /// <summary>The namespace to restore in. Without it: that of the pod that was checkpointed.</summary>
    [Parameter]
    [Alias("n")]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? Namespace { get; set; }

    /// <summary>Makes no pod on the node to look at it.</summary>
    [Parameter]
    public SwitchParameter NoHelper { get; set; }

    /// <summary>How many archives and nodes are compared at once.</summary>
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
            Start(file, cancellationToken => CompareAsync(file, node.Name, cluster, looks, cancellationToken));
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
            _looks[(cluster, node)] = looks = !NoHelper && ShouldProcess($"node '{node}'", "Look at it through a short-lived pod");
        return looks;
    }

    private async Task CompareAsync(string file, string node, ClusterTarget cluster, bool looks, CancellationToken cancellationToken)
    {
        using var progress = Output.OpenProgress();
        var support = await _preflights[(cluster, looks)].TestAsync(file, node, progress, cancellationToken);
        await Output.WriteObjectAsync(Quiet ? support.CanRestore == true : support);
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
