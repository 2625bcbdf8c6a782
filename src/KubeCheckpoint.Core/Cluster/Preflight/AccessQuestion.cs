namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>A permission to review, in RBAC terms.</summary>
/// <param name="Verb">The verb.</param>
/// <param name="Resource">The resource, with a subresource after a slash.</param>
/// <param name="Namespace">The namespace, or null for the cluster scope.</param>
/// <param name="Name">The name of the object, or null for any.</param>
/// <param name="Group">The API group; empty for the core group.</param>
internal sealed record AccessQuestion(string Verb, string Resource, string? Namespace = null, string? Name = null, string Group = "");
