using System.Text.Json.Nodes;

namespace KubeCheckpoint.Cluster.Access;

/// <summary>An object to apply.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Namespace">Its namespace, or null.</param>
/// <param name="Name">Its name.</param>
/// <param name="Json">The object.</param>
/// <param name="Rules">The rules of a role, or the role of a binding.</param>
/// <param name="Subject">The subject of a binding, or null.</param>
public sealed record AccessManifest(
    string Kind, string? Namespace, string Name, JsonObject Json, IReadOnlyList<string> Rules, AccessSubject? Subject)
{
    /// <summary>Kind and name, for messages.</summary>
    public override string ToString() => Namespace is null ? $"{Kind} '{Name}'" : $"{Kind} '{Namespace}/{Name}'";

    internal CheckpointAccess ToAccess(CheckpointAccessResult result) => new()
    {
        Kind = Kind,
        Namespace = Namespace,
        Name = Name,
        Subject = Subject is null ? [] : [Subject.ToString()],
        Rules = Rules,
        Result = result,
    };
}
