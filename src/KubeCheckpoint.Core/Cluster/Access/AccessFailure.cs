using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Access;

/// <summary>Failures to grant access.</summary>
public static class AccessFailure
{
    /// <summary>What was given is neither a user, a group nor a service account.</summary>
    public static KubeCheckpointException AccessSubjectInvalid(string subject) => new(
        nameof(AccessSubjectInvalid), FailureCategory.InvalidArgument, subject,
        $"'{subject.Shorten(200)}' names nobody that rights can be given to.",
        "Give User:NAME, Group:NAME or ServiceAccount:NAMESPACE/NAME.");

    /// <summary>The API server lets nobody grant what he does not have himself.</summary>
    public static KubeCheckpointException AccessEscalation(string what, string words, Exception inner) => new(
        nameof(AccessEscalation), FailureCategory.PermissionDenied, what,
        $"The API server does not let this user apply {what}: {words.Shorten(800)}",
        "Rights can be granted by who has them, or who may 'escalate' roles and 'bind' them: have a cluster administrator run this, or apply " +
        "what -AsManifest writes.", inner);

    /// <summary>There is a role or binding of that name that somebody else made.</summary>
    public static KubeCheckpointException AccessObjectForeign(string what) => new(
        nameof(AccessObjectForeign), FailureCategory.ResourceExists, what,
        $"There is a {what} already that lacks the label {WellKnownNames.AppLabel}={WellKnownNames.Module}: somebody else made it, and it was left alone.",
        "Delete or rename it, or give it that label if it may be changed.");
}
