using System.Management.Automation;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Access;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Grants the least rights that a task needs, or writes the manifests.</summary>
/// <remarks>
/// <para>Creates roles and bindings, or updates those that this module created. Objects of the same name that somebody else created are
/// left alone. Each role holds exactly what its task needs; each binding is for one subject. The API server lets you grant only rights that
/// you have yourself.</para>
/// <para>Checkpoints through the API server need 'create' on nodes/proxy, and -Task Support needs 'get'. Either amounts to exec in every
/// pod of every node. If the subject can reach the kubelets (-KubeletUri), use -DirectToKubelet, which grants nodes/checkpoint
/// instead.</para>
/// <para>-Task Initialize includes the right to create pods in the namespace of the helper pods, which allows privileged ones: whoever has it
/// can be root on every node.</para>
/// <para>-Task Move includes the rights to checkpoint, save and restore; -Task Rehearse includes those to checkpoint and save. A rehearsal
/// runs in a new namespace, so Rehearse also grants the right to create namespaces and pods in them, and to read the Secrets in the
/// namespaces of the pods. Probes need further rights: see about_KubeCheckpoint_ClusterSetup.</para>
/// <para>On clusters of kubeadm 1.33.12, 1.34.8, 1.35.5, 1.36.1 and newer, kubelets refuse checkpoint requests from the API server itself.
/// -FixApiServer grants nodes/checkpoint to the API server's identity.</para>
/// </remarks>
/// <example>
/// <code>Grant-CheckpointAccess User:alice -Namespace shop -Task Checkpoint, Save</code>
/// <para>Lets alice checkpoint the pods of one namespace and download the archives.</para>
/// </example>
/// <example>
/// <code>Grant-CheckpointAccess ServiceAccount:ops/checkpointer -AllNamespaces -DirectToKubelet -WhatIf</code>
/// <para>Shows the roles and bindings for a service account that talks to the kubelets directly.</para>
/// </example>
/// <example>
/// <code>Grant-CheckpointAccess Group:ops -Namespace shop -Task Restore -AsManifest | ConvertTo-Json -Depth 20 | kubectl apply -f -</code>
/// <para>Writes the manifests only, for review or for kubectl.</para>
/// </example>
/// <example>
/// <code>Grant-CheckpointAccess -FixApiServer</code>
/// <para>Lets the API server request checkpoints from kubelets.</para>
/// </example>
/// <seealso cref="TestCheckpointSupportCommand"/>
[Cmdlet(VerbsSecurity.Grant, "CheckpointAccess", DefaultParameterSetName = SubjectSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium,
    HelpUri = HelpPages.Root + "Grant-CheckpointAccess.md")]
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
    /// Who gets the rights: User:NAME, Group:NAME or ServiceAccount:NAMESPACE/NAME. A name alone is a user, as named in a certificate or
    /// token.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = SubjectSet)]
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = AllNamespacesSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SubjectCompleter))]
    public string[] Subject { get; set; } = null!;

    /// <summary>What the subject wants to do. Default: Checkpoint, Save.</summary>
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

    /// <summary>Grants the rights in all namespaces, including future ones.</summary>
    [Parameter(Mandatory = true, ParameterSetName = AllNamespacesSet)]
    [Alias("A")]
    public SwitchParameter AllNamespaces { get; set; }

    /// <summary>
    /// The namespace of the helper pods of Save-CheckpointArchive and Test-CheckpointArchive. The default namespace is created if it does
    /// not exist.
    /// </summary>
    [Parameter(ParameterSetName = SubjectSet)]
    [Parameter(ParameterSetName = AllNamespacesSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string HelperNamespace { get; set; } = ArchiveTransferOptions.DefaultNamespace;

    /// <summary>Grants nodes/checkpoint instead of nodes/proxy, for requests straight to the kubelet (-KubeletUri).</summary>
    [Parameter(ParameterSetName = SubjectSet)]
    [Parameter(ParameterSetName = AllNamespacesSet)]
    public SwitchParameter DirectToKubelet { get; set; }

    /// <summary>Grants the API server's own identity the right to request checkpoints from kubelets.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ApiServerSet)]
    public SwitchParameter FixApiServer { get; set; }

    /// <summary>The API server's identity, as the kubelet's refusal names it (user=...).</summary>
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
        if (!AsManifest || _manifests.Count == 0)
            return;
        var list = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "List", ["items"] = new JsonArray([.. Distinct(_manifests)]) };
        WriteObject(JsonObjects.ToObject(list));
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
        return Namespace ?? [Connect(cluster).DefaultNamespace];
    }

    private void WarnOfProxy()
    {
        if (_hasWarned)
            return;
        WriteWarning(
            "The right to nodes/proxy amounts to exec in every pod of every node. "
            + "If you can reach the kubelets, -DirectToKubelet checkpoints without it.");
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
