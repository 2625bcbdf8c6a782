using System.Text.Json.Nodes;
using k8s.Models;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Objects;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Drills;

/// <summary>
/// The namespace of a drill: no Service, owner or disruption budget of the original affects it. It is deleted with everything in it. All of it
/// is marked with its owner, so that it is found when this process dies: a namespace has no deadline of its own.
/// </summary>
/// <param name="cluster">The cluster.</param>
/// <param name="lifetime">How long it may be needed.</param>
internal sealed class DrillNamespace(ClusterClient cluster, DrillLifetime lifetime)
{
    /// <summary>The cluster publishes it in every namespace.</summary>
    private const string RootCertificates = "kube-root-ca.crt";

    private const string SecurityLabels = "pod-security.kubernetes.io/";

    /// <summary>How long the deletion waits for a creation in progress.</summary>
    private static readonly TimeSpan CreationLimit = TimeSpan.FromMilliseconds(300);

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500);

    private readonly ObjectApi _objects = new(cluster.Server);
    private Task<bool>? _creation;

    /// <summary>Its name.</summary>
    public string Name { get; } = WellKnownNames.NewName(OwnerRole.Rehearsal);

    /// <summary>How long it may be needed.</summary>
    public DrillLifetime Lifetime => lifetime;

    private string Path => $"api/v1/namespaces/{Name}";

    /// <summary>Creates it, with the pod security labels of the original's namespace.</summary>
    /// <exception cref="KubeCheckpointException">Forbidden, ClusterUnreachable and the like.</exception>
    public async Task MakeAsync(string originalNamespace, CancellationToken cancellationToken)
    {
        var original = await _objects.FindAsync($"api/v1/namespaces/{ResourceName.Namespace(originalNamespace)}", cancellationToken).ConfigureAwait(false);
        var labels = cluster.Owner.OwnLabels(OwnerRole.Rehearsal);
        var originals = original?.Object("metadata")?.Object("labels") ?? [];
        foreach (var label in originals.Select(pair => pair.Key).Where(label => label.StartsWith(SecurityLabels, StringComparison.Ordinal)))
            labels[label] = originals.Text(label) ?? "";
        var metadata = new V1ObjectMeta { Name = Name, Labels = labels, Annotations = lifetime.Annotations(cluster.Owner) };
        var manifest = OwnObject.ToJson(new V1Namespace { Metadata = metadata });
        _creation = _objects.CreateAsync("api/v1/namespaces", manifest, cancellationToken);
        await _creation.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Copies the objects that a pod refers to, and creates a service account of the same name without rights.</summary>
    /// <exception cref="KubeCheckpointException">DrillObjectMissing, Forbidden, ClusterUnreachable and the like.</exception>
    public async Task FillAsync(string originalNamespace, PodReferences references, CancellationToken cancellationToken)
    {
        foreach (var (name, isOptional) in references.ConfigMaps.Where(map => map.Key != RootCertificates))
            await CopyAsync("configmaps", "ConfigMap", originalNamespace, name, isOptional, cancellationToken).ConfigureAwait(false);
        foreach (var (name, isOptional) in references.Secrets)
            await CopyAsync("secrets", "Secret", originalNamespace, name, isOptional, cancellationToken).ConfigureAwait(false);
        foreach (var name in references.PullSecrets.Where(name => !references.Secrets.ContainsKey(name)))
            await CopyAsync("secrets", "Secret", originalNamespace, name, isOptional: true, cancellationToken).ConfigureAwait(false);

        // The cluster creates the one called default.
        if (references.ServiceAccount != "default")
        {
            var account = OwnObject.ToJson(new V1ServiceAccount { Metadata = new() { Name = references.ServiceAccount } });
            await CreateAsync("api/v1", "serviceaccounts", account, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Forbids the pods in it to open connections; they can respond to incoming ones. The network plugin must enforce it.</summary>
    /// <exception cref="KubeCheckpointException">Forbidden, ClusterUnreachable and the like.</exception>
    public Task IsolateAsync(CancellationToken cancellationToken)
    {
        var policy = OwnObject.ToJson(new V1NetworkPolicy
        {
            Metadata = new() { Name = "no-egress" },
            Spec = new() { PodSelector = new(), PolicyTypes = ["Egress"] },
        });
        return CreateAsync("apis/networking.k8s.io/v1", "networkpolicies", policy, cancellationToken);
    }

    /// <summary>Deletes it. Returns why it may still exist, or null. Never throws.</summary>
    /// <param name="isAwaited">True to wait until it is gone.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task<string?> DeleteAsync(bool isAwaited, CancellationToken cancellationToken)
    {
        if (_creation is not { } creation)
            return null;
        try
        {
            if (!creation.IsCompletedSuccessfully)
                await Task.WhenAny(creation, Task.Delay(CreationLimit, cancellationToken)).ConfigureAwait(false);
            var words = await _objects.DeleteAsync(Path, uid: null, gracePeriod: null, cancellationToken).ConfigureAwait(false);
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
            return $"It is not known whether namespace '{Name}' is deleted: {failure.Message}";
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

        // The API server refuses a token for a service account with another uid; as an opaque secret it is accepted.
        if (original.Text("type") is { } type && type != "kubernetes.io/service-account-token")
            copy["type"] = type;
        await CreateAsync("api/v1", resource, copy, cancellationToken).ConfigureAwait(false);
    }

    private Task<bool> CreateAsync(string group, string resource, JsonObject manifest, CancellationToken cancellationToken)
    {
        OwnerMarks.Add(manifest.Child("metadata"), cluster.Owner.OwnLabels(OwnerRole.Rehearsal), lifetime.Annotations(cluster.Owner));

        // A request that was sent is not cancelled, but not waited for either: what it creates is deleted with the namespace.
        return _objects.CreateAsync(ObjectApi.PathOf(group, Name, resource), manifest, cancellationToken).WaitAsync(cancellationToken);
    }
}
