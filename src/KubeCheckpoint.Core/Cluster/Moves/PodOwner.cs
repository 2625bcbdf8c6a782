using System.Text.Json.Nodes;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>The owner of a pod.</summary>
/// <param name="Kind">Its kind, such as <c>ReplicaSet</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid.</param>
/// <param name="Path">Its path in the API, or null if the kind is not known.</param>
/// <param name="Owner">Its own owner, such as a Deployment, or null.</param>
internal sealed record PodOwner(string Kind, string Name, string? Uid, string? Path, PodOwner? Owner = null)
{
    /// <summary>True if it adopts pods that its selector matches, and removes surplus ones itself.</summary>
    public bool Adopts => Kind is "ReplicaSet" or "ReplicationController" && Path is not null;

    /// <summary>The owner's object in the API server; null if its kind is not known.</summary>
    public JsonObject? Manifest { get; init; }

    public override string ToString() => Owner is null ? $"{Kind} '{Name}'" : $"{Kind} '{Name}' of {Owner}";
}
