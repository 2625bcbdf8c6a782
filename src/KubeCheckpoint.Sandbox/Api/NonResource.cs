using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Identity;
using KubeCheckpoint.Sandbox.State;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>Paths without objects: health, version, discovery.</summary>
internal static class NonResource
{
    private const string SelfReview = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

    private static readonly string[] Public = ["/version", "/healthz", "/livez", "/readyz"];

    private static readonly Dictionary<string, string> Documents = new()
    {
        ["/version"] = """
            {"major":"1","minor":"36","emulationMajor":"1","emulationMinor":"36","minCompatibilityMajor":"1","minCompatibilityMinor":"35",
              "gitVersion":"v1.36.2","gitCommit":"","gitTreeState":"clean","buildDate":"2026-06-09T00:00:00Z",
              "goVersion":"go1.26","compiler":"gc","platform":"linux/amd64"}
            """,
        ["/api"] = """{"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":[]}""",
        ["/apis"] = """
            {"kind":"APIGroupList","apiVersion":"v1","groups":[
              {"name":"apps","versions":[{"groupVersion":"apps/v1","version":"v1"}],
                "preferredVersion":{"groupVersion":"apps/v1","version":"v1"}},
              {"name":"batch","versions":[{"groupVersion":"batch/v1","version":"v1"}],
                "preferredVersion":{"groupVersion":"batch/v1","version":"v1"}},
              {"name":"networking.k8s.io","versions":[{"groupVersion":"networking.k8s.io/v1","version":"v1"}],
                "preferredVersion":{"groupVersion":"networking.k8s.io/v1","version":"v1"}},
              {"name":"authorization.k8s.io","versions":[{"groupVersion":"authorization.k8s.io/v1","version":"v1"}],
                "preferredVersion":{"groupVersion":"authorization.k8s.io/v1","version":"v1"}}]}
            """,
        ["/api/v1"] = """
            {"kind":"APIResourceList","groupVersion":"v1","resources":[
              {"name":"events","singularName":"event","namespaced":true,"kind":"Event","verbs":["get","list","watch"],"shortNames":["ev"]},
              {"name":"namespaces","singularName":"namespace","namespaced":false,"kind":"Namespace",
                "verbs":["create","get","list","watch"],"shortNames":["ns"]},
              {"name":"nodes","singularName":"node","namespaced":false,"kind":"Node","verbs":["get","list","watch"],"shortNames":["no"]},
              {"name":"nodes/proxy","singularName":"","namespaced":false,"kind":"NodeProxyOptions","verbs":["create","get"]},
              {"name":"pods","singularName":"pod","namespaced":true,"kind":"Pod","verbs":["create","delete","get","list","watch"],
                "shortNames":["po"],"categories":["all"]},
              {"name":"pods/exec","singularName":"","namespaced":true,"kind":"PodExecOptions","verbs":["create","get"]},
              {"name":"pods/log","singularName":"","namespaced":true,"kind":"Pod","verbs":["get"]}]}
            """,
        ["/apis/authorization.k8s.io/v1"] = """
            {"kind":"APIResourceList","apiVersion":"v1","groupVersion":"authorization.k8s.io/v1","resources":[
              {"name":"selfsubjectaccessreviews","singularName":"selfsubjectaccessreview","namespaced":false,
                "kind":"SelfSubjectAccessReview","verbs":["create"]},
              {"name":"subjectaccessreviews","singularName":"subjectaccessreview","namespaced":false,"kind":"SubjectAccessReview","verbs":["create"]}]}
            """,
    };

    public static async Task HandleAsync(HttpContext http, User user, ClusterState state)
    {
        var path = http.Request.Path.Value!.TrimEnd('/');
        if (user.IsAnonymous && !Public.Contains(path))
        {
            http.Response.Headers.XContentTypeOptions = "nosniff";
            var verb = HttpMethods.IsPost(http.Request.Method) ? "post" : "get";
            await ApiResponse.StatusAsync(
                http, StatusCodes.Status403Forbidden, "Forbidden", $"forbidden: User \"{user.Name}\" cannot {verb} path \"{path}\"", []);
        }
        else if (AccessReview.Knows(path) && HttpMethods.IsPost(http.Request.Method))
        {
            await new AccessReview(state).HandleAsync(http, path, user);
        }
        else if (path == SelfReview && HttpMethods.IsPost(http.Request.Method))
        {
            await ApiResponse.JsonAsync(http, Review(user), StatusCodes.Status201Created);
        }
        else if (path is "/healthz" or "/livez" or "/readyz")
        {
            await ApiResponse.TextAsync(http, StatusCodes.Status200OK, "ok");
        }
        else if (Documents.TryGetValue(path, out var document))
        {
            await ApiResponse.JsonAsync(http, JsonNode.Parse(document)!);
        }
        else if (path.StartsWith("/api", StringComparison.Ordinal))
        {
            await ApiResponse.NoSuchResourceAsync(http);
        }
        else
        {
            await ApiResponse.TextAsync(http, StatusCodes.Status404NotFound, "404 page not found\n");
        }
    }

    private static JsonObject Review(User user)
    {
        var info = new JsonObject { ["username"] = user.Name, ["groups"] = new JsonArray([.. user.AllGroups]) };
        if (user.Uid.Length > 0)
            info["uid"] = user.Uid;
        if (user.Extra.Count > 0)
            info["extra"] = new JsonObject(user.Extra.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)new JsonArray([.. pair.Value]))));
        return new JsonObject
        {
            ["kind"] = "SelfSubjectReview",
            ["apiVersion"] = "authentication.k8s.io/v1",
            ["metadata"] = new JsonObject(),
            ["status"] = new JsonObject { ["userInfo"] = info },
        };
    }
}
