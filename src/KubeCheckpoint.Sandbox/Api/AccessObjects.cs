using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Identity;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>
/// Roles and bindings: get, list, server-side apply, create and delete. Refuses, with a real API server's messages, to grant rights that
/// the user does not have and to change the role of a binding.
/// </summary>
internal sealed class AccessObjects(ClusterState state)
{
    public const string Group = "rbac.authorization.k8s.io";
    private const string ApplyType = "application/apply-patch+yaml";

    private static readonly Dictionary<string, string> Kinds = new()
    {
        [Authorizer.ClusterRoles] = "ClusterRole",
        [Authorizer.Roles] = "Role",
        [Authorizer.ClusterRoleBindings] = "ClusterRoleBinding",
        [Authorizer.RoleBindings] = "RoleBinding",
    };

    public Task HandleAsync(ApiRequest request) => (Kinds.ContainsKey(request.Resource), request.Verb) switch
    {
        (false, _) => ApiResponse.NoSuchResourceAsync(request.Http),
        (_, "get") => GetAsync(request),
        (_, "list") => ListAsync(request),
        (_, "patch") => ApplyAsync(request),
        (_, "create") => CreateAsync(request),
        (_, "delete") => DeleteAsync(request),
        _ => ApiResponse.NoSuchResourceAsync(request.Http),
    };

    private async Task GetAsync(ApiRequest request)
    {
        if (state.Store.Get(request.Resource, request.Namespace, request.Name) is { } stored)
        {
            await ApiResponse.JsonAsync(request.Http, stored.Parse());
            return;
        }
        await NotFoundAsync(request);
    }

    private Task ListAsync(ApiRequest request)
    {
        var stored = state.Store.List(request.Resource, request.Namespace.Length == 0 ? null : request.Namespace);
        return ApiResponse.JsonAsync(request.Http, new JsonObject
        {
            ["kind"] = Kinds[request.Resource] + "List",
            ["apiVersion"] = $"{Group}/v1",
            ["metadata"] = new JsonObject(),
            ["items"] = JsonText.Array(stored.Objects.Select(item => item.Parse())),
        });
    }

    private async Task DeleteAsync(ApiRequest request)
    {
        if (state.Store.Delete(request.Resource, request.Namespace, request.Name) is { } stored)
        {
            await ApiResponse.JsonAsync(request.Http, stored.Parse());
            return;
        }
        await NotFoundAsync(request);
    }

    private async Task CreateAsync(ApiRequest request)
    {
        if (await ReadAsync(request) is not { } asked || await RefuseAsync(request, asked, null))
            return;
        if (state.Store.Create(request.Resource, Complete(request, asked)) is { } stored)
        {
            await ApiResponse.JsonAsync(request.Http, stored.Parse(), StatusCodes.Status201Created);
            return;
        }
        await ApiResponse.AlreadyExistsAsync(request.Http, $"{request.Resource}.{Group}", asked.Text("metadata", "name"));
    }

    private async Task ApplyAsync(ApiRequest request)
    {
        if (request.Http.Request.ContentType?.Split(';')[0] != ApplyType || request.Query("fieldManager").Length == 0)
        {
            await ApiResponse.BadRequestAsync(
                request.Http, "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
            return;
        }
        var previous = state.Store.Get(request.Resource, request.Namespace, request.Name)?.Parse();
        if (await ReadAsync(request) is not { } asked || await RefuseAsync(request, asked, previous))
            return;
        if (previous is null)
        {
            var made = state.Store.Create(request.Resource, Complete(request, asked))!.Parse();
            await ApiResponse.JsonAsync(request.Http, made, StatusCodes.Status201Created);
            return;
        }
        var merged = previous.DeepClone().AsObject();
        Merge(merged, asked);
        if (!JsonNode.DeepEquals(merged, previous))
            merged = state.Store.Update(request.Resource, request.Namespace, request.Name, stored => Merge(stored, asked))!.Parse();
        await ApiResponse.JsonAsync(request.Http, merged);
    }

    private static async Task<JsonObject?> ReadAsync(ApiRequest request)
    {
        var asked = await ApiResponse.ReadAsync(request.Http);
        if (asked is null)
        {
            await ApiResponse.BadRequestAsync(
                request.Http, "error decoding YAML: error converting YAML to JSON: yaml: line 1: did not find expected node content");
        }
        return asked;
    }

    private async Task<bool> RefuseAsync(ApiRequest request, JsonObject asked, JsonObject? previous)
    {
        var name = asked.Text("metadata", "name");
        if (request.Namespace.Length > 0 && state.Store.Get("namespaces", "", request.Namespace) is null)
        {
            await ApiResponse.NotFoundAsync(request.Http, "namespaces", request.Namespace);
            return true;
        }
        if (previous is not null && asked["roleRef"] is { } reference && !JsonNode.DeepEquals(reference, previous["roleRef"]))
        {
            var value = $"{{\"APIGroup\":\"{Group}\",\"Kind\":\"{reference.Text("kind")}\",\"Name\":\"{reference.Text("name")}\"}}";
            await ApiResponse.StatusAsync(
                request.Http,
                StatusCodes.Status422UnprocessableEntity,
                "Invalid",
                $"{Kinds[request.Resource]}.{Group} \"{name}\" is invalid: roleRef: Invalid value: {value}: cannot change roleRef",
                ApiResponse.Details(name, Kinds[request.Resource], Group));
            return true;
        }
        List<string> missing = [.. Missing(request, asked)];
        if (missing.Count == 0)
            return false;
        var groups = string.Join(' ', request.User.AllGroups.Select(known => $"\"{known}\""));
        await ApiResponse.StatusAsync(
            request.Http,
            StatusCodes.Status403Forbidden,
            "Forbidden",
            $"{request.Resource}.{Group} \"{name}\" is forbidden: user \"{request.User.Name}\" (groups=[{groups}]) is attempting to grant RBAC permissions "
            + $"not currently held:\n{string.Join('\n', missing)}",
            ApiResponse.Details(name, request.Resource, Group));
        return true;
    }

    private IEnumerable<string> Missing(ApiRequest request, JsonObject asked)
    {
        var isRole = request.Resource is Authorizer.ClusterRoles or Authorizer.Roles;
        if (state.Authorizer.May(request.User, request.Access with { Verb = isRole ? "escalate" : "bind" }))
            return [];
        var rules = isRole ? PolicyRule.Of(asked) : state.Authorizer.RulesOf(asked, request.Namespace);
        return rules.SelectMany(rule => rule.Rights(request.Namespace))
            .Where(right => !state.Authorizer.May(request.User, right))
            .GroupBy(right => (right.Group, right.Resource))
            .Select(group => RuleText(group.Key.Group, group.Key.Resource, group.Select(right => right.Verb).Distinct()));
    }

    private static string RuleText(string group, string resource, IEnumerable<string> verbs) =>
        $"{{APIGroups:[\"{group}\"], Resources:[\"{resource}\"], Verbs:[{string.Join(' ', verbs.Select(verb => $"\"{verb}\""))}]}}";

    private static JsonObject Complete(ApiRequest request, JsonObject asked)
    {
        var metadata = asked.Child("metadata");
        if (request.Namespace.Length > 0)
            metadata["namespace"] = request.Namespace;
        metadata["uid"] = Guid.NewGuid().ToString();
        metadata["creationTimestamp"] = JsonText.Time(DateTimeOffset.UtcNow);
        asked["kind"] = Kinds[request.Resource];
        asked["apiVersion"] = $"{Group}/v1";
        return asked;
    }

    private static void Merge(JsonObject stored, JsonObject asked)
    {
        foreach (var field in (string[])["rules", "subjects", "roleRef"])
        {
            if (asked[field] is { } value)
                stored[field] = value.DeepClone();
        }
        foreach ((var key, var value) in asked.At("metadata", "labels") as JsonObject ?? [])
            stored.Child("metadata").Child("labels")[key] = value?.DeepClone();
    }

    private static Task NotFoundAsync(ApiRequest request) => ApiResponse.StatusAsync(
        request.Http,
        StatusCodes.Status404NotFound,
        "NotFound",
        $"{request.Resource}.{Group} \"{request.Name}\" not found",
        ApiResponse.Details(request.Name, request.Resource, Group));
}
