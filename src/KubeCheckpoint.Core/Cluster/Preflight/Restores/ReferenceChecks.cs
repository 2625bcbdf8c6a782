using System.Net;
using System.Text.Json;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Json;

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
        foreach (var claim in references.Claims)
            await AddClaimAsync(claim, cancellationToken).ConfigureAwait(false);
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

    private async Task AddClaimAsync(string claim, CancellationToken cancellationToken)
    {
        const string Name = "VolumeClaim";
        const string CreateIt = "Restore in the namespace that has it, or create it there with the same content.";
        const string FollowAffinity = "Use a node that the node affinity of the volume allows.";
        const string FreeIt = "Delete the original pod first, or restore on its node.";
        var subject = $"claim '{claim}'";
        if (!ResourceName.IsSubdomain(claim))
            return;
        var (found, reason) = await ReadAsync($"api/v1/namespaces/{ns}/persistentvolumeclaims/{claim}", cancellationToken).ConfigureAwait(false);
        using var json = found;
        if (json is null)
        {
            if (reason is null)
                checks.Failed(Name, Scope, $"namespace '{ns}' has no {subject}", CreateIt);
            else
                checks.Unknown(Name, Scope, $"{subject} could not be read: {reason}");
            return;
        }

        var modes = json.RootElement.Items("spec", "accessModes").Select(mode => mode.Text()).OfType<string>().ToList();
        var volume = json.RootElement.Text("spec", "volumeName");
        if (json.RootElement.Text("status", "phase") != "Bound")
            checks.Failed(Name, Scope, $"{subject} is not bound", "See 'kubectl describe pvc'.");
        else if (volume is not null && await IsElsewhereAsync(volume, cancellationToken).ConfigureAwait(false))
            checks.Failed(Name, Scope, $"{subject} is bound to volume '{volume}', which node '{node.Name}' cannot reach", FollowAffinity);
        else if (modes.Contains("ReadWriteOncePod") || !modes.Exists(mode => mode.EndsWith("Many", StringComparison.Ordinal)))
            checks.Warning(Name, Scope, $"{subject} is {string.Join(", ", modes)}: another node can mount it only when no pod uses it any more", FreeIt);
        else
            checks.Passed(Name, Scope, $"{subject} is bound, {string.Join(", ", modes)}");
    }

    /// <summary>Whether the volume's node affinity excludes the node; false if the volume may not be read.</summary>
    private async Task<bool> IsElsewhereAsync(string volume, CancellationToken cancellationToken)
    {
        if (!ResourceName.IsSubdomain(volume))
            return false;
        var (found, _) = await ReadAsync($"api/v1/persistentvolumes/{volume}", cancellationToken).ConfigureAwait(false);
        using var json = found;
        if (json is null)
            return false;
        var terms = json.RootElement.Items("spec", "nodeAffinity", "required", "nodeSelectorTerms").ToList();
        return terms.Count > 0 && !terms.Exists(term => term.Items("matchExpressions").All(Matches));
    }

    private bool Matches(JsonElement expression)
    {
        var values = expression.Items("values").Select(value => value.Text()).ToList();
        var has = node.Labels.TryGetValue(expression.Text("key") ?? "", out var label);
        return expression.Text("operator") switch
        {
            "In" => has && values.Contains(label),
            "NotIn" => !has || !values.Contains(label),
            "Exists" => has,
            "DoesNotExist" => !has,
            _ => true,
        };
    }

    /// <summary>The object, or the reason why it could not be read; neither if it does not exist.</summary>
    private async Task<(JsonDocument? Json, string? Reason)> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var response = await server.SendAsync(HttpMethod.Get, path, cancellationToken).ConfigureAwait(false);
            if (response.Status == HttpStatusCode.NotFound)
                return (null, null);
            return response.IsSuccess ? (server.ReadJson(response), null) : (null, response.Message.Shorten(200));
        }
        catch (KubeCheckpointException failure)
        {
            return (null, failure.Message);
        }
    }
}
