using System.Net;
using System.Text.Json;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Preflight.Checks;

/// <summary>Checks whether another pod can mount the volumes of claims.</summary>
/// <param name="checks">Receives the checks.</param>
/// <param name="server">The API server.</param>
/// <param name="ns">The namespace of the claims.</param>
/// <param name="node">The node that must reach the volumes, or null.</param>
internal sealed class ClaimChecks(CheckList checks, ApiServer server, string ns, ClusterNode? node)
{
    private const SupportScope Scope = SupportScope.Restore;

    /// <summary>Adds a claim.</summary>
    /// <param name="subject">What it is called in the check.</param>
    /// <param name="claim">Its name.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    public async Task AddAsync(string subject, string claim, CancellationToken cancellationToken)
    {
        const string Name = "VolumeClaim";
        const string CreateIt = "Restore in the namespace that has it, or create it there with the same content.";
        const string FollowAffinity = "Use a node that the node affinity of the volume allows.";
        const string DeleteIt = "Delete the original pod first.";
        const string FreeIt = "Delete the original pod first, or restore on its node.";
        if (!ResourceName.IsSubdomain(claim))
            return;
        var (found, reason) = await ReadAsync($"api/v1/namespaces/{ns}/persistentvolumeclaims/{claim}", cancellationToken).ConfigureAwait(false);
        using var json = found;
        if (json is null)
        {
            if (reason is null)
                checks.Failed(Name, Scope, $"{subject} is not in namespace '{ns}'", CreateIt);
            else
                checks.Unknown(Name, Scope, $"{subject} could not be read: {reason}");
            return;
        }

        var modes = json.RootElement.Items("spec", "accessModes").Select(mode => mode.Text()).OfType<string>().ToList();
        var volume = json.RootElement.Text("spec", "volumeName");
        if (json.RootElement.Text("status", "phase") != "Bound")
            checks.Failed(Name, Scope, $"{subject} is not bound", "See 'kubectl describe pvc'.");
        else if (volume is not null && await IsElsewhereAsync(volume, cancellationToken).ConfigureAwait(false))
            checks.Failed(Name, Scope, $"{subject} is bound to volume '{volume}', which node '{node!.Name}' cannot reach", FollowAffinity);
        else if (modes.Contains("ReadWriteOncePod"))
            checks.Warning(Name, Scope, $"{subject} is ReadWriteOncePod: another pod can mount it only when no pod uses it any more", DeleteIt);
        else if (!modes.Exists(mode => mode.EndsWith("Many", StringComparison.Ordinal)))
            checks.Warning(Name, Scope, $"{subject} is {string.Join(", ", modes)}: another node can mount it only when no pod uses it any more", FreeIt);
        else
            checks.Passed(Name, Scope, $"{subject} is bound, {string.Join(", ", modes)}");
    }

    /// <summary>Whether the volume's node affinity excludes the node; false if the volume may not be read.</summary>
    private async Task<bool> IsElsewhereAsync(string volume, CancellationToken cancellationToken)
    {
        if (node is null || !ResourceName.IsSubdomain(volume))
            return false;
        var (found, _) = await ReadAsync($"api/v1/persistentvolumes/{volume}", cancellationToken).ConfigureAwait(false);
        using var json = found;
        if (json is null)
            return false;
        var terms = json.RootElement.Items("spec", "nodeAffinity", "required", "nodeSelectorTerms").ToList();
        return terms.Count > 0 && !terms.Exists(term => term.Items("matchExpressions").All(expression => Matches(node, expression)));
    }

    private static bool Matches(ClusterNode node, JsonElement expression)
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
