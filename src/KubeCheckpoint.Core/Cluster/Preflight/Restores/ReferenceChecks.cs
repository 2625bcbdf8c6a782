using System.Net;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Preflight.Checks;

namespace KubeCheckpoint.Cluster.Preflight.Restores;

/// <summary>Checks whether the objects that the pod refers to are in its namespace, and whether the node can reach its volumes.</summary>
internal sealed class ReferenceChecks(CheckList checks, ApiServer server, ClusterNode node, string ns)
{
    private const SupportScope Scope = SupportScope.Restore;

    /// <summary>Requests the metadata only, so that the content of a Secret is never read.</summary>
    private const string MetadataOnly = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

    private readonly List<string> _found = [];
    private readonly List<string> _missing = [];
    private readonly List<string> _hidden = [];

    public async Task AddAsync(PodDocument? pod, CancellationToken cancellationToken)
    {
        const string Name = "References";
        const string CreateThem = "Create them there first, or restore in the namespace that has them.";
        const string GrantAccess = "Grant-CheckpointAccess -Task Support grants the permission to see whether they exist.";
        if (pod is null)
        {
            checks.Unknown(Name, Scope, "not known without the pod's manifest");
            return;
        }

        var references = pod.References();
        await FindAsync("serviceaccounts", "service account", [references.ServiceAccount], cancellationToken).ConfigureAwait(false);
        await FindAsync("configmaps", "config map", Needed(references.ConfigMaps), cancellationToken).ConfigureAwait(false);
        await FindAsync("secrets", "secret", [.. Needed(references.Secrets), .. references.PullSecrets], cancellationToken).ConfigureAwait(false);
        if (_missing.Count > 0)
            checks.Failed(Name, Scope, $"namespace '{ns}' has no {string.Join(", no ", _missing)}", CreateThem);
        else if (_hidden.Count > 0)
            checks.Unknown(Name, Scope, $"may not read {string.Join(", ", _hidden)} in namespace '{ns}'", GrantAccess);
        else
            checks.Passed(Name, Scope, string.Join(", ", _found));
        var claims = new ClaimChecks(checks, server, ns, node);
        foreach (var claim in references.Claims)
            await claims.AddAsync($"claim '{claim}'", claim, cancellationToken).ConfigureAwait(false);
    }

    private static IEnumerable<string> Needed(IReadOnlyDictionary<string, bool> names) => names.Where(name => !name.Value).Select(name => name.Key);

    private async Task FindAsync(string resource, string kind, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        foreach (var name in names.Distinct(StringComparer.Ordinal).Where(ResourceName.IsSubdomain))
        {
            var status = await StatusAsync($"api/v1/namespaces/{ns}/{resource}/{name}", cancellationToken).ConfigureAwait(false);
            var list = status switch { HttpStatusCode.NotFound => _missing, HttpStatusCode.OK => _found, _ => _hidden };
            list.Add($"{kind} '{name}'");
        }
    }

    private async Task<HttpStatusCode?> StatusAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var response = await server.Connection.SendAsync(
                HttpMethod.Get, path, ServerConnection.SmallRequest, cancellationToken, accept: MetadataOnly).ConfigureAwait(false);
            return response.Status;
        }
        catch (KubeCheckpointException)
        {
            return null;
        }
    }
}
