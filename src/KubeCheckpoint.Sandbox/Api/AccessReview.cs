using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Identity;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>POST of a SelfSubjectAccessReview, which everyone may create, and of a SubjectAccessReview, which takes a permission.</summary>
internal sealed class AccessReview(ClusterState state)
{
    private const string Group = "authorization.k8s.io";
    private const string Self = $"/apis/{Group}/v1/selfsubjectaccessreviews";
    private const string Other = $"/apis/{Group}/v1/subjectaccessreviews";

    public static bool Knows(string path) => path is Self or Other;

    public async Task HandleAsync(HttpContext http, string path, User caller)
    {
        var right = new AccessRequest("create", Group, "subjectaccessreviews", "", "");
        if (path == Other && !state.Authorizer.May(caller, right))
        {
            await ApiResponse.ForbiddenAsync(http, caller, right);
            return;
        }
        var kind = path == Self ? "SelfSubjectAccessReview" : "SubjectAccessReview";
        if (await ApiResponse.ReadAsync(http) is not { } review)
        {
            await ApiResponse.BadRequestAsync(http, $"the object provided is unrecognized (must be of type {kind})");
            return;
        }
        var allowed = review.At("spec", "resourceAttributes") is { } asked
            && state.Authorizer.May(path == Self ? caller : Subject(review), Access(asked));
        var status = new JsonObject { ["allowed"] = allowed };
        if (allowed)
            status["reason"] = "RBAC: allowed by the sandbox's table of rights";
        review["kind"] = kind;
        review["apiVersion"] = $"{Group}/v1";
        review.Child("metadata")["creationTimestamp"] = null;
        review["status"] = status;
        await ApiResponse.JsonAsync(http, review, StatusCodes.Status201Created);
    }

    private static AccessRequest Access(JsonNode asked)
    {
        var subresource = asked.Text("subresource");
        return new AccessRequest(
            asked.Text("verb"),
            asked.Text("group"),
            subresource.Length == 0 ? asked.Text("resource") : $"{asked.Text("resource")}/{subresource}",
            asked.Text("namespace"),
            asked.Text("name"));
    }

    // A user that the sandbox does not know has only the permissions of roles and bindings.
    private User Subject(JsonObject review)
    {
        var name = review.Text("spec", "user");
        return state.Users.Users.FirstOrDefault(user => user.Name == name)
            ?? new User(name) { Groups = [.. (review.At("spec", "groups") as JsonArray ?? []).Select(item => item.Text())] };
    }
}
