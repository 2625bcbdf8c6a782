using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Kubelet;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>POST of a pod.</summary>
internal sealed class PodCreation(ClusterState state, PodLifecycle lifecycle)
{
    public async Task HandleAsync(ApiRequest request)
    {
        var http = request.Http;
        if (await ApiResponse.ReadAsync(http) is not { } pod)
        {
            await ApiResponse.BadRequestAsync(http, "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error");
            return;
        }
        if (state.Store.Get("namespaces", "", request.Namespace)?.Parse() is not { } ns)
        {
            await ApiResponse.NotFoundAsync(http, "namespaces", request.Namespace);
            return;
        }
        if (pod.Text("metadata", "namespace") is { Length: > 0 } named && named != request.Namespace)
        {
            await ApiResponse.BadRequestAsync(
                http, $"the namespace of the provided object does not match the namespace sent on the request");
            return;
        }
        Complete(pod, request);
        if (await RefuseAsync(request, pod, ns))
            return;
        if (request.Query("dryRun") != "All")
        {
            if (state.Store.Create(PodLifecycle.Resource, pod) is not { } stored)
            {
                await ApiResponse.AlreadyExistsAsync(http, PodLifecycle.Resource, pod.Text("metadata", "name"));
                return;
            }
            pod = stored.Parse();
            lifecycle.Begin(stored.Parse());
        }
        await ApiResponse.JsonAsync(http, pod, StatusCodes.Status201Created);
    }

    private static void Complete(JsonObject pod, ApiRequest request)
    {
        var metadata = pod.Child("metadata");
        if (metadata.Text("name").Length == 0 && metadata.Text("generateName") is { Length: > 0 } prefix)
            metadata["name"] = prefix + PodDefaults.RandomSuffix();
        PodDefaults.Apply(pod, request.Namespace, request.FieldManager);
    }

    private async Task<bool> RefuseAsync(ApiRequest request, JsonObject pod, JsonObject ns)
    {
        var http = request.Http;
        var name = pod.Text("metadata", "name");
        if (pod.At("metadata", "resourceVersion") is not null)
        {
            await ApiResponse.StatusAsync(
                http, StatusCodes.Status500InternalServerError, "", "resourceVersion should not be set on objects to be created");
            return true;
        }
        var account = pod.Text("spec", "serviceAccountName");
        var accountKey = $"{ns.Text("metadata", "name")}/{account}";
        if (state.Store.Get("serviceaccounts", request.Namespace, account) is null)
        {
            await ApiResponse.RefusedAsync(http, name, "pods", $"error looking up service account {accountKey}: serviceaccount \"{account}\" not found");
            return true;
        }
        var violations = PodRules.Violations(pod);
        if (violations.Count > 0)
        {
            await InvalidAsync(http, name, violations);
            return true;
        }
        if (PodSecurity.Violation(pod, ns, state.Options.EnforcePodSecurity) is { } violation)
        {
            await ApiResponse.RefusedAsync(http, name, "pods", violation);
            return true;
        }
        return false;
    }

    private static Task InvalidAsync(HttpContext http, string name, IReadOnlyList<(string Field, string Reason, string Message)> violations)
    {
        var all = string.Join(", ", violations.Select(violation => $"{violation.Field}: {violation.Message}"));
        var details = ApiResponse.Details(name, "Pod");
        details["causes"] = JsonText.Array(violations.Select(violation => new JsonObject
        {
            ["reason"] = violation.Reason,
            ["message"] = violation.Message,
            ["field"] = violation.Field,
        }));
        return ApiResponse.StatusAsync(
            http,
            StatusCodes.Status422UnprocessableEntity,
            "Invalid",
            $"Pod \"{name}\" is invalid: {(violations.Count == 1 ? all : $"[{all}]")}",
            details);
    }
}
