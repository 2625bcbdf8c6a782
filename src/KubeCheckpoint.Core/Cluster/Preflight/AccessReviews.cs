using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Connections;

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
            using var json = await server.CreateAsync($"{Path}{kind.ToLowerInvariant()}s", review.ToJsonString(), cancellationToken)
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
