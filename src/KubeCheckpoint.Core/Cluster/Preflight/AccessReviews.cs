using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>Asks the API server what the user, or another user, may do. Results for the user are cached.</summary>
internal sealed class AccessReviews(ApiServer server)
{
    private const string Path = "apis/authorization.k8s.io/v1/";

    private readonly ConcurrentDictionary<AccessQuestion, AccessReview> _known = new();

    /// <summary>Reviews a permission of the user, which needs no permission itself.</summary>
    public async Task<AccessReview> AskAsync(AccessQuestion question, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue(question, out var known))
            return known;
        var review = await ReviewAsync("SelfSubjectAccessReview", new JsonObject(), question, cancellationToken).ConfigureAwait(false);
        return _known.GetOrAdd(question, review);
    }

    /// <summary>Reviews a permission of another user, without regard to groups. Needs <c>create</c> on <c>subjectaccessreviews</c>.</summary>
    public Task<AccessReview> AskForAsync(string user, AccessQuestion question, CancellationToken cancellationToken) =>
        ReviewAsync("SubjectAccessReview", new JsonObject { ["user"] = user }, question, cancellationToken);

    private async Task<AccessReview> ReviewAsync(string kind, JsonObject spec, AccessQuestion question, CancellationToken cancellationToken)
    {
        var parts = question.Resource.Split('/', 2);
        var attributes = new JsonObject { ["verb"] = question.Verb, ["resource"] = parts[0] };
        if (question.Group.Length > 0)
            attributes["group"] = question.Group;
        if (parts.Length == 2)
            attributes["subresource"] = parts[1];
        if (question.Namespace is not null)
            attributes["namespace"] = question.Namespace;
        if (question.Name is not null)
            attributes["name"] = question.Name;
        spec["resourceAttributes"] = attributes;
        var review = new JsonObject { ["apiVersion"] = "authorization.k8s.io/v1", ["kind"] = kind, ["spec"] = spec };
        try
        {
            using var json = await server.ReviewAsync($"{Path}{kind.ToLowerInvariant()}s", review.ToJsonString(), cancellationToken)
                .ConfigureAwait(false);
            var status = json.RootElement.At("status");
            var isUndecided = !status.IsTrue("allowed") && status.Text("evaluationError") is not null;
            return isUndecided ? new(null, status.Text("evaluationError")) : new(status.IsTrue("allowed"));
        }
        catch (KubeCheckpointException failure)
        {
            return new(null, failure.Message);
        }
    }
}

/// <summary>A permission to review, in RBAC terms.</summary>
/// <param name="Verb">The verb.</param>
/// <param name="Resource">The resource, with a subresource after a slash.</param>
/// <param name="Namespace">The namespace, or null for the cluster scope.</param>
/// <param name="Name">The name of the object, or null for any.</param>
/// <param name="Group">The API group; empty for the core group.</param>
internal sealed record AccessQuestion(string Verb, string Resource, string? Namespace = null, string? Name = null, string Group = "");

/// <summary>The result of a review of an <see cref="AccessQuestion"/>.</summary>
/// <param name="IsAllowed">Whether the access is allowed; null if the API server did not decide.</param>
/// <param name="Reason">Why it did not decide, or why the access is denied; or null.</param>
internal sealed record AccessReview(bool? IsAllowed, string? Reason = null);
