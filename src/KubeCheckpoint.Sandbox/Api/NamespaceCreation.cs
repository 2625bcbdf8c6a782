using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>POST of a namespace.</summary>
internal sealed class NamespaceCreation(ClusterState state)
{
    public static JsonObject Manifest(string name, JsonObject? labels, JsonObject? annotations = null)
    {
        var all = labels?.DeepClone().AsObject() ?? [];
        all["kubernetes.io/metadata.name"] = name;
        var manifest = new JsonObject
        {
            ["kind"] = "Namespace",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["uid"] = Guid.NewGuid().ToString(),
                ["creationTimestamp"] = JsonText.Time(DateTimeOffset.UtcNow),
                ["labels"] = all,
            },
            ["spec"] = new JsonObject { ["finalizers"] = new JsonArray("kubernetes") },
            ["status"] = new JsonObject { ["phase"] = "Active" },
        };
        if (annotations is not null)
            manifest["metadata"]!["annotations"] = annotations.DeepClone();
        return manifest;
    }

    public async Task HandleAsync(ApiRequest request)
    {
        var asked = await ApiResponse.ReadAsync(request.Http);
        var name = asked.Text("metadata", "name");
        if (name.Length == 0)
        {
            await ApiResponse.StatusAsync(
                request.Http,
                StatusCodes.Status422UnprocessableEntity,
                "Invalid",
                "Namespace \"\" is invalid: metadata.name: Required value: name or generateName is required",
                ApiResponse.Details("", "Namespace"));
            return;
        }
        var manifest = Manifest(name, asked.At("metadata", "labels") as JsonObject, asked.At("metadata", "annotations") as JsonObject);
        manifest["metadata"]!["managedFields"] = ManagedFields.Of(request.FieldManager, "v1", new JsonObject { ["f:metadata"] = new JsonObject() });
        if (state.Store.Create("namespaces", manifest) is not { } stored)
        {
            await ApiResponse.AlreadyExistsAsync(request.Http, "namespaces", name);
            return;
        }
        state.Run(async stopping =>
        {
            // Controllers act a moment later.
            await Task.Delay(state.Options.PodStep, stopping);
            NamespaceContent.Fill(state, name);
        });
        await ApiResponse.JsonAsync(request.Http, stored.Parse(), StatusCodes.Status201Created);
    }
}
