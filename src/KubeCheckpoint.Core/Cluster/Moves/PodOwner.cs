using System.Text.Json.Nodes;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>Who keeps a pod.</summary>
/// <param name="Kind">Its kind, such as <c>ReplicaSet</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid.</param>
/// <param name="Path">Its path in the API, or null where the kind is not known.</param>
/// <param name="Owner">Who keeps it in turn, a Deployment for example, or null.</param>
internal sealed record PodOwner(string Kind, string Name, string? Uid, string? Path, PodOwner? Owner = null)
{
    /// <summary>True where it takes over pods that its selector matches, and itself removes one too many.</summary>
    public bool Adopts => Kind is "ReplicaSet" or "ReplicationController" && Path is not null;

    /// <summary>The owner as the API server has it; null where its kind is not known.</summary>
    public JsonObject? Manifest { get; init; }

    public override string ToString() => Owner is null ? $"{Kind} '{Name}'" : $"{Kind} '{Name}' of {Owner}";
}
