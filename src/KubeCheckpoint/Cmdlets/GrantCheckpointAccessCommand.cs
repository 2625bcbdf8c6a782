using System.Management.Automation;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Access;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gives users, groups and service accounts the least rights for what they want to do with checkpoints.</summary>
/// <remarks>
/// <para>Makes roles and bindings, or brings those of this module up to date; what somebody else made under such a name is left alone. Each
/// role holds what its task needs and nothing more, each binding is for one subject. Nobody can grant what he does not have: the API
/// server refuses that.</para>
/// <para>'create' on nodes/proxy, which checkpoints through the API server need, amounts to exec in every pod of every node, and so does
/// 'get' on it, which -Task Support needs. -DirectToKubelet gives nodes/checkpoint in its place, for those who can reach the kubelets
/// (-KubeletUri).</para>
/// <para>-Task Move takes the rights to checkpoint, save and restore along, -Task Rehearse those to checkpoint and save. A drill has a namespace
/// of its own with a new name: -Task Rehearse gives the rights to make namespaces, and pods in any of them, and to read the Secrets of the
/// pods' namespaces. Probes of Move-Pod need what they ask with (get pods/proxy, create pods/portforward, create pods/exec) besides.</para>
/// <para>-FixApiServer cures clusters whose kubelets refuse the API server itself: kubeadm 1.33.12, 1.34.8, 1.35.5, 1.36.1 and newer. It
/// gives the API server's own identity nodes/checkpoint.</para>
/// </remarks>
/// <example>
/// <code>Grant-CheckpointAccess User:alice -Namespace shop -Task Checkpoint, Save</code>
/// <para>Lets alice checkpoint pods of one namespace and bring the archives off their nodes.</para>
/// </example>
/// <example>
/// <code>Grant-CheckpointAccess ServiceAccount:ops/checkpointer -AllNamespaces -DirectToKubelet -WhatIf</code>
/// <para>Says which roles and bindings would be made for a service account that speaks to the kubelets itself.</para>
/// </example>
/// <example>
/// <code>Grant-CheckpointAccess Group:ops -Namespace shop -Task Restore -AsManifest | ConvertTo-Json -Depth 20 | kubectl apply -f -</code>
/// <para>Only writes the manifests, for somebody else to look at or apply.</para>
/// </example>
/// <example>
/// <code>Grant-CheckpointAccess -FixApiServer</code>
/// <para>Lets the API server ask kubelets for checkpoints.</para>
/// </example>
[Cmdlet(VerbsSecurity.Grant, "CheckpointAccess", DefaultParameterSetName = SubjectSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(CheckpointAccess), typeof(PSObject))]
public sealed class GrantCheckpointAccessCommand : ClusterCmdlet
{
    private const string SubjectSet = "Subject";
    private const string AllNamespacesSet = "AllNamespaces";
    private const string ApiServerSet = "FixApiServer";

    private static readonly CheckpointTask[] WithCheckpoint = [CheckpointTask.Checkpoint, CheckpointTask.Move, CheckpointTask.Rehearse];

    private readonly List<JsonObject> _manifests = [];
    private bool _hasWarned;

    /// <summary>
    /// Whom: User:NAME, Group:NAME or ServiceAccount:NAMESPACE/NAME. A name alone is a user's, as certificate or token give it.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = SubjectSet)]
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = AllNamespacesSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SubjectCompleter))]
    public string[] Subject { get; set; } = null!;

    /// <summary>
    /// The tasks to give the rights for: Checkpoint (Get-Pod, Invoke-ContainerCheckpoint), Save (Save-CheckpointArchive), Restore (Restore-Pod), Inspect (looking only),
    /// Support (Test-CheckpointSupport, Test-CheckpointArchive -NodeName), Move (Move-Pod), Rehearse (Test-PodRestore).
    /// </summary>
    [Parameter(ParameterSetName = SubjectSet)]
    [Parameter(ParameterSetName = AllNamespacesSet)]
    [ValidateNotNullOrEmpty]
    public CheckpointTask[] Task { get; set; } = [CheckpointTask.Checkpoint, CheckpointTask.Save];

    /// <summary>The namespaces of the pods. Default: the namespace of the context.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = SubjectSet)]
    [Alias("n")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string[]? Namespace { get; set; }

    /// <summary>Gives the rights in all namespaces, including later ones.</summary>
    [Parameter(Mandatory = true, ParameterSetName = AllNamespacesSet)]
    [Alias("A")]
    public SwitchParameter AllNamespaces { get; set; }

    /// <summary>The namespace of the helper pods of Save-CheckpointArchive and of preflights. The default one is made where it does not exist.</summary>
    [Parameter(ParameterSetName = SubjectSet)]
    [Parameter(ParameterSetName = AllNamespacesSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string HelperNamespace { get; set; } = ArchiveTransferOptions.DefaultNamespace;

    /// <summary>For checkpoints straight from the kubelet (-KubeletUri): nodes/checkpoint in the place of nodes/proxy.</summary>
    [Parameter(ParameterSetName = SubjectSet)]
    [Parameter(ParameterSetName = AllNamespacesSet)]
    public SwitchParameter DirectToKubelet { get; set; }

    /// <summary>Gives the API server's own identity the right to ask kubelets for checkpoints.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ApiServerSet)]
    public SwitchParameter FixApiServer { get; set; }

    /// <summary>That identity, as the kubelet's refusal names it (user=...).</summary>
    [Parameter(ParameterSetName = ApiServerSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string ApiServerUser { get; set; } = AccessManifests.DefaultApiServerUser;

    /// <summary>Writes the manifests as one List object instead of applying them.</summary>
    [Parameter]
    public SwitchParameter AsManifest { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == ApiServerSet)
        {
            Grant(new AccessGrant { ApiServerUser = ApiServerUser }, ApiServerUser);
            return;
        }
        foreach (var subject in Subject)
            Attempt(subject, () => Grant(ReadGrant(subject), subject));
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        base.EndProcessing();
        if (AsManifest && _manifests.Count > 0)
            WriteObject(JsonObjects.ToObject(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "List", ["items"] = new JsonArray([.. Distinct(_manifests)]) }.ToJsonString()));
    }

    private AccessGrant ReadGrant(string subject)
    {
        if (Task.Contains(CheckpointTask.Support) || (!DirectToKubelet && Task.Any(WithCheckpoint.Contains)))
            WarnOfProxy();
        return new AccessGrant
        {
            Subject = AccessSubject.Parse(subject),
            Tasks = Task,
            Namespaces = Namespaces(),
            AllNamespaces = AllNamespaces,
            HelperNamespace = HelperNamespace,
            DirectToKubelet = DirectToKubelet,
        };
    }

    // Manifests alone need no cluster where the namespaces are given.
    private string[] Namespaces()
    {
        if (AllNamespaces)
            return [];
        var cluster = CurrentTarget;
        return Namespace ?? [Wait(_ => System.Threading.Tasks.Task.FromResult(Connect(cluster).DefaultNamespace))];
    }

    private void WarnOfProxy()
    {
        if (!_hasWarned)
            WriteWarning("The right to nodes/proxy amounts to exec in every pod of every node. Where the kubelets can be reached, -DirectToKubelet does without it for checkpoints.");
        _hasWarned = true;
    }

    private void Grant(AccessGrant grant, object target)
    {
        var manifests = AccessManifests.Build(grant);
        if (AsManifest)
        {
            _manifests.AddRange(manifests.Select(manifest => manifest.Json));
            return;
        }
        var approved = manifests.Where(manifest => ShouldProcess(manifest.ToString(), "Apply")).ToList();
        var cluster = CurrentTarget;
        if (approved.Count > 0)
            Start(target, cancellationToken => ApplyAsync(approved, cluster, cancellationToken));
    }

    // One after the other: what comes later refers to what comes before, and is no use without it.
    private async Task ApplyAsync(IReadOnlyList<AccessManifest> manifests, ClusterTarget cluster, CancellationToken cancellationToken)
    {
        var applier = new AccessApplier(Connect(cluster));
        foreach (var manifest in manifests)
            await Output.WriteObjectAsync(await applier.ApplyAsync(manifest, cancellationToken));
    }

    // Subjects share roles.
    private static IEnumerable<JsonNode> Distinct(IEnumerable<JsonObject> manifests) =>
        manifests.DistinctBy(manifest => manifest.ToJsonString()).Select(manifest => manifest.DeepClone());
}
