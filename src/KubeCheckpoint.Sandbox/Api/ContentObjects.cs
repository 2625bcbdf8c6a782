using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>Objects that pods refer to, and their owners. They can be read, created, changed and deleted; nothing acts on them.</summary>
internal sealed class ContentObjects(ClusterState state)
{
    /// <summary>The deletion of a Job leaves its pods by default, for the sake of old clients.</summary>
    private const string Orphan = "Orphan";

    private const string MetadataOnly = "as=PartialObjectMetadata";

    private static readonly Dictionary<string, (string Group, string Kind)> Kinds = new()
    {
        ["configmaps"] = ("", "ConfigMap"),
        ["secrets"] = ("", "Secret"),
        ["serviceaccounts"] = ("", "ServiceAccount"),
        ["persistentvolumeclaims"] = ("", "PersistentVolumeClaim"),
        ["persistentvolumes"] = ("", "PersistentVolume"),
        ["replicationcontrollers"] = ("", "ReplicationController"),
        ["deployments"] = ("apps", "Deployment"),
        ["replicasets"] = ("apps", "ReplicaSet"),
        ["statefulsets"] = ("apps", "StatefulSet"),
        ["daemonsets"] = ("apps", "DaemonSet"),
        ["jobs"] = ("batch", "Job"),
        ["cronjobs"] = ("batch", "CronJob"),
        ["networkpolicies"] = ("networking.k8s.io", "NetworkPolicy"),
    };

    /// <summary>The API groups besides core, all of version v1.</summary>
    public static IReadOnlyList<string> Groups { get; } = ["apps", "batch", "networking.k8s.io"];

    /// <summary>The namespaced resources, which are deleted with their namespace.</summary>
    public static IEnumerable<string> InNamespaces => Kinds.Keys.Where(resource => resource != "persistentvolumes");

    public static bool Knows(ApiRequest request) =>
        request.Subresource.Length == 0 && Kinds.TryGetValue(request.Resource, out var kind) && kind.Group == request.Group;

    public Task HandleAsync(ApiRequest request) => request.Verb switch
    {
        "create" => CreateAsync(request),
        "get" => GetAsync(request),
        "list" => ListAsync(request),
        "patch" => PatchAsync(request),
        "delete" => DeleteAsync(request),
        _ => ApiResponse.NoSuchResourceAsync(request.Http),
    };

    /// <summary>Stores an object as an API server would; null if the name is taken.</summary>
    public static StoredObject? Create(ClusterState state, string resource, JsonObject json)
    {
        (var group, var kind) = Kinds[resource];
        json["kind"] = kind;
        json["apiVersion"] = group.Length == 0 ? "v1" : $"{group}/v1";
        var metadata = json.Child("metadata");
        metadata["uid"] = Guid.NewGuid().ToString();
        metadata["creationTimestamp"] = JsonText.Time(DateTimeOffset.UtcNow);
        metadata.Default("generation", 1);
        return state.Store.Create(resource, json);
    }

    private async Task CreateAsync(ApiRequest request)
    {
        if (await ApiResponse.ReadAsync(request.Http) is not { } json)
        {
            await ApiResponse.BadRequestAsync(request.Http, "the object provided is unrecognized (must be of type " + Kinds[request.Resource].Kind + ")");
            return;
        }
        var ns = request.Namespace.Length == 0 ? null : state.Store.Get("namespaces", "", request.Namespace)?.Parse();
        if (request.Namespace.Length > 0 && ns is null)
        {
            await ApiResponse.NotFoundAsync(request.Http, "namespaces", request.Namespace);
            return;
        }
        var name = json.Text("metadata", "name");
        if (ns.Text("status", "phase") == "Terminating")
        {
            await ApiResponse.RefusedAsync(
                request.Http, name, request.Resource, $"unable to create new content in namespace {request.Namespace} because it is being terminated");
            return;
        }
        if (request.Namespace.Length > 0)
            json.Child("metadata")["namespace"] = request.Namespace;
        var version = request.Group.Length == 0 ? "v1" : $"{request.Group}/v1";
        json.Child("metadata")["managedFields"] = ManagedFields.Of(request.FieldManager, version, new JsonObject { ["f:metadata"] = new JsonObject() });
        if (Create(state, request.Resource, json) is { } stored)
        {
            await ApiResponse.JsonAsync(request.Http, stored.Parse(), StatusCodes.Status201Created);
            return;
        }
        await ApiResponse.AlreadyExistsAsync(request.Http, Subject(request), name);
    }

    private async Task GetAsync(ApiRequest request)
    {
        if (state.Store.Get(request.Resource, request.Namespace, request.Name) is { } stored)
        {
            var metadataOnly = request.Http.Request.Headers.Accept.ToString().Contains(MetadataOnly, StringComparison.Ordinal);
            await ApiResponse.JsonAsync(request.Http, metadataOnly ? Metadata(stored.Parse()) : stored.Parse());
            return;
        }
        await NotFoundAsync(request);
    }

    private static JsonObject Metadata(JsonObject json) => new()
    {
        ["kind"] = "PartialObjectMetadata",
        ["apiVersion"] = "meta.k8s.io/v1",
        ["metadata"] = json["metadata"]?.DeepClone(),
    };

    private async Task ListAsync(ApiRequest request)
    {
        if (await ObjectReader.SelectionAsync(request) is not { } matches)
            return;
        (var group, var kind) = Kinds[request.Resource];
        var items = state.Store.List(request.Resource, request.Namespace.Length == 0 ? null : request.Namespace).Objects
            .Select(stored => stored.Parse()).Where(matches);
        await ApiResponse.JsonAsync(request.Http, new JsonObject
        {
            ["kind"] = kind + "List",
            ["apiVersion"] = group.Length == 0 ? "v1" : $"{group}/v1",
            ["metadata"] = new JsonObject(),
            ["items"] = JsonText.Array(items),
        });
    }

    private async Task PatchAsync(ApiRequest request)
    {
        if (await MergePatch.ReadAsync(request) is not { } patch)
            return;
        if (state.Store.Update(request.Resource, request.Namespace, request.Name, stored => MergePatch.Apply(stored, patch)) is { } changed)
        {
            await ApiResponse.JsonAsync(request.Http, changed.Parse());
            return;
        }
        await NotFoundAsync(request);
    }

    private async Task DeleteAsync(ApiRequest request)
    {
        var options = request.Http.Request.ContentLength is null or 0 ? null : await ApiResponse.ReadAsync(request.Http);
        string[] policies = [options.Text("propagationPolicy"), request.Query("propagationPolicy"), request.Resource == "jobs" ? Orphan : "Background"];
        if (policies.First(policy => policy.Length > 0) == Orphan)
            ReleasePods(request);
        if (state.Store.Delete(request.Resource, request.Namespace, request.Name) is { } stored)
        {
            await ApiResponse.JsonAsync(request.Http, stored.Parse());
            return;
        }
        await NotFoundAsync(request);
    }

    private void ReleasePods(ApiRequest request)
    {
        var uid = state.Store.Get(request.Resource, request.Namespace, request.Name)?.Parse().Text("metadata", "uid");
        foreach (var pod in state.Store.List("pods", request.Namespace).Objects.Where(pod => Owners(pod.Parse()).Exists(IsReleased)))
        {
            state.Store.Update("pods", request.Namespace, pod.Name, stored =>
            {
                var others = Owners(stored).FindAll(owner => !IsReleased(owner));
                stored["metadata"]!["ownerReferences"] = JsonText.Array(others.Select(owner => owner.DeepClone().AsObject()));
            });
        }

        bool IsReleased(JsonObject owner) => owner.Text("uid") == uid;

        static List<JsonObject> Owners(JsonObject pod) => [.. pod.Items("metadata", "ownerReferences")];
    }

    private static Task NotFoundAsync(ApiRequest request) => ApiResponse.NotFoundAsync(request.Http, Subject(request), request.Name);

    private static string Subject(ApiRequest request) => request.Group.Length == 0 ? request.Resource : $"{request.Resource}.{request.Group}";
}
