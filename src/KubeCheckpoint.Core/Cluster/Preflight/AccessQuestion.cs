namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>A right that is asked for, in the words of RBAC.</summary>
/// <param name="Verb">The verb.</param>
/// <param name="Resource">The resource, with its subresource behind a slash.</param>
/// <param name="Namespace">The namespace, or null for the cluster.</param>
/// <param name="Name">The object's name, or null for any.</param>
/// <param name="Group">The API group; empty for core.</param>
internal sealed record AccessQuestion(string Verb, string Resource, string? Namespace = null, string? Name = null, string Group = "");
