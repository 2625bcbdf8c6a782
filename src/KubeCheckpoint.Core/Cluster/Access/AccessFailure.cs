using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Access;

/// <summary>Failures to grant access.</summary>
internal static class AccessFailure
{
    /// <summary>The subject is not a user, group or service account.</summary>
    public static KubeCheckpointException AccessSubjectInvalid(string subject) => new(
        nameof(AccessSubjectInvalid), FailureCategory.InvalidArgument, subject,
        $"'{subject.Shorten(200)}' is not a user, group or service account.",
        "Give User:NAME, Group:NAME or ServiceAccount:NAMESPACE/NAME.");

    /// <summary>The API server lets no user grant permissions that the user does not hold.</summary>
    public static KubeCheckpointException AccessEscalation(string what, string message, Exception inner) => new(
        nameof(AccessEscalation), FailureCategory.PermissionDenied, what,
        $"The API server does not let this user apply {what}: {message.Shorten(800)}",
        "Only a user who holds these permissions, or may 'escalate' and 'bind' roles, can grant them: have a cluster administrator run this " +
        "command, or apply what -AsManifest emits.", inner);

    /// <summary>A role or binding with this name exists that the module did not create.</summary>
    public static KubeCheckpointException AccessObjectForeign(string what) => new(
        nameof(AccessObjectForeign), FailureCategory.ResourceExists, what,
        $"{what} exists without the label {WellKnownNames.AppLabel}={WellKnownNames.Module}: it was not created by this module and was not changed.",
        "Delete or rename it, or give it that label if it may be changed.");
}
