using System.Text.Json.Nodes;
using k8s.Models;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Objects;
using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Cluster.Drills;

/// <summary>A namespace of a drill's own: no Service, owner or budget of the original's reaches into it. It goes with all it holds.</summary>
internal sealed class DrillNamespace(ClusterClient cluster)
{
    /// <summary>Published into every namespace by the cluster itself.</summary>
    private const string RootCertificates = "kube-root-ca.crt";

    private const string SecurityLabels = "pod-security.kubernetes.io/";

    /// <summary>How long the deletion waits for a creation that is under way.</summary>
    private static readonly TimeSpan CreationLimit = TimeSpan.FromMilliseconds(300);

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500);

    private readonly ObjectApi _objects = new(cluster.Server);
    private Task<bool>? _creation;

    /// <summary>Its name.</summary>
    public string Name { get; } = WellKnownNames.NewName("drill");

    private string Path => $"api/v1/namespaces/{Name}";

    /// <summary>Makes it, with the pod security of the original's namespace.</summary>
    /// <exception cref="KubeCheckpointException">Forbidden, ClusterUnreachable and the like.</exception>
    public async Task MakeAsync(string originalNamespace, CancellationToken cancellationToken)
    {
        var original = await _objects.FindAsync($"api/v1/namespaces/{ResourceName.Namespace(originalNamespace)}", cancellationToken).ConfigureAwait(false);
        var labels = WellKnownNames.Labels("drill");
        var originals = original?.Object("metadata")?.Object("labels") ?? [];
        foreach (var label in originals.Select(pair => pair.Key).Where(label => label.StartsWith(SecurityLabels, StringComparison.Ordinal)))
            labels[label] = originals.Text(label) ?? "";
        var manifest = OwnObject.ToJson(new V1Namespace { Metadata = new() { Name = Name, Labels = labels } });

        // Not cancelled with the rest: what the server makes must be known here, to be deleted.
        cancellationToken.ThrowIfCancellationRequested();
        _creation = _objects.CreateAsync("api/v1/namespaces", manifest, CancellationToken.None);
        await _creation.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Copies what a pod refers to, and gives it a service account of the same name that has no rights.</summary>
    /// <exception cref="KubeCheckpointException">DrillObjectMissing, Forbidden, ClusterUnreachable and the like.</exception>
    public async Task FillAsync(string originalNamespace, PodReferences references, CancellationToken cancellationToken)
    {
        foreach (var (name, isOptional) in references.ConfigMaps.Where(map => map.Key != RootCertificates))
            await CopyAsync("configmaps", "ConfigMap", originalNamespace, name, isOptional, cancellationToken).ConfigureAwait(false);
        foreach (var (name, isOptional) in references.Secrets)
            await CopyAsync("secrets", "Secret", originalNamespace, name, isOptional, cancellationToken).ConfigureAwait(false);
        foreach (var name in references.PullSecrets.Where(name => !references.Secrets.ContainsKey(name)))
            await CopyAsync("secrets", "Secret", originalNamespace, name, isOptional: true, cancellationToken).ConfigureAwait(false);

        // The cluster makes the one called default.
        if (references.ServiceAccount != "default")
        {
            var account = OwnObject.ToJson(new V1ServiceAccount { Metadata = new() { Name = references.ServiceAccount } });
            await _objects.CreateAsync(ObjectApi.PathOf("api/v1", Name, "serviceaccounts"), account, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <summary>Forbids the pods in it to open connections; answers to those that come in get through. A network plugin must enforce it.</summary>
    /// <exception cref="KubeCheckpointException">Forbidden, ClusterUnreachable and the like.</exception>
    public Task IsolateAsync(CancellationToken cancellationToken)
    {
        var policy = OwnObject.ToJson(new V1NetworkPolicy
        {
            Metadata = new() { Name = "no-egress" },
            Spec = new() { PodSelector = new(), PolicyTypes = ["Egress"] },
        });
        return _objects.CreateAsync(ObjectApi.PathOf("apis/networking.k8s.io/v1", Name, "networkpolicies"), policy, cancellationToken);
    }

    /// <summary>Deletes it. Says why it may still be there, or null. Never throws.</summary>
    /// <param name="isAwaited">True to wait until it is gone.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<string?> DeleteAsync(bool isAwaited, CancellationToken cancellationToken)
    {
        if (_creation is not { } creation)
            return null;
        try
        {
            if (!creation.IsCompletedSuccessfully)
                await Task.WhenAny(creation, Task.Delay(CreationLimit, cancellationToken)).ConfigureAwait(false);
            var words = await _objects.DeleteAsync(Path, uid: null, immediate: false, cancellationToken).ConfigureAwait(false);
            while (words is null && isAwaited && await _objects.FindAsync(Path, cancellationToken).ConfigureAwait(false) is not null)
                await Task.Delay(Between, cancellationToken).ConfigureAwait(false);
            return words is null ? null : $"Namespace '{Name}' could not be deleted: {words}";
        }
        catch (OperationCanceledException)
        {
            return $"Namespace '{Name}' is still being deleted.";
        }
        catch (KubeCheckpointException failure)
        {
            return $"Whether namespace '{Name}' is deleted could not be seen: {failure.Message}";
        }
    }

    private async Task CopyAsync(
        string resource, string kind, string originalNamespace, string name, bool isOptional, CancellationToken cancellationToken)
    {
        var original = await _objects.FindAsync(ObjectApi.PathOf("api/v1", originalNamespace, resource, name), cancellationToken).ConfigureAwait(false);
        if (original is null)
        {
            if (isOptional)
                return;
            throw DrillFailure.DrillObjectMissing(kind, originalNamespace, name);
        }

        // The content is the user's: copied as it is.
        var copy = new JsonObject { ["apiVersion"] = "v1", ["kind"] = kind, ["metadata"] = new JsonObject { ["name"] = name } };
        foreach (var field in (string[])["data", "binaryData", "immutable"])
        {
            if (original[field] is { } value)
                copy[field] = value.DeepClone();
        }

        // A token of a service account is made for that very account and would be refused; as a plain secret it is only content.
        if (original.Text("type") is { } type && type != "kubernetes.io/service-account-token")
            copy["type"] = type;
        await _objects.CreateAsync(ObjectApi.PathOf("api/v1", Name, resource), copy, cancellationToken).ConfigureAwait(false);
    }
}
