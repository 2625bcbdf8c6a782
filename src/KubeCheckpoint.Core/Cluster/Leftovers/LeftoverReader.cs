using System.Globalization;
using System.Text.Json;
using KubeCheckpoint.Archives.Owners;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Leftovers;

/// <summary>Reads the marks of objects that the module has created.</summary>
internal static class LeftoverReader
{
    /// <summary>The kind of a pod.</summary>
    public const string Pod = "Pod";

    /// <summary>The kind of a namespace.</summary>
    public const string Namespace = "Namespace";

    /// <summary>The kind of a file.</summary>
    public const string File = "File";

    /// <param name="item">A pod or namespace with a role label.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="cluster">The cluster it was read from.</param>
    /// <param name="now">The time by the server's clock: those of the clients may be wrong.</param>
    public static CheckpointLeftover Read(JsonElement item, string kind, ClusterTarget cluster, DateTimeOffset now)
    {
        var owner = OwnerOf(item);
        var isAlive = owner?.IsAlive();
        var created = item.Time("metadata", "creationTimestamp");
        var expires = created + LifetimeOf(item) ?? item.Time("metadata", "annotations", OwnerMarks.Expires);
        var role = RoleOf(item.Text("metadata", "labels", OwnerMarks.Role));
        var isKept = item.Text("metadata", "annotations", OwnerMarks.Kept) is not null;
        var folder = NodeArchives.FolderOf(item);
        var hasEnded = folder is not null && NodeArchives.HasEnded(item);
        return new CheckpointLeftover
        {
            Kind = kind,
            Place = LeftoverPlace.Cluster,
            Namespace = item.Text("metadata", "namespace"),
            Name = item.Text("metadata", "name") ?? "",
            NodeName = item.Text("spec", "nodeName"),
            Role = role,
            Cmdlet = item.Text("metadata", "labels", OwnerMarks.Cmdlet),
            State = hasEnded ? LeftoverState.Abandoned : StateOf(isAlive, expires, now, isKept),
            OwnerUser = owner?.User,
            OwnerHost = owner?.Host,
            OwnerProcessId = owner?.Id,
            IsOwnerAlive = isAlive,
            CreatedAt = created,
            ExpiresAt = expires,
            Uid = item.Text("metadata", "uid"),
            Cluster = cluster,
            ArchiveFolder = NodeArchives.AreRemoved(item) ? null : folder,
            IsRunning = item.Text("status", "phase") == "Running" && !hasEnded,
        };
    }

    /// <summary>Whether something is still needed.</summary>
    public static LeftoverState StateOf(bool? isOwnerAlive, DateTimeOffset? expires, DateTimeOffset now, bool isKept)
    {
        if (isOwnerAlive == true)
            return LeftoverState.InUse;
        if (expires < now)
            return LeftoverState.Abandoned;
        if (isKept)
            return LeftoverState.Kept;
        return isOwnerAlive == false ? LeftoverState.Abandoned : LeftoverState.Unknown;
    }

    private static OwnerProcess? OwnerOf(JsonElement item)
    {
        var marks = item.At("metadata", "annotations");
        return int.TryParse(marks.Text(OwnerMarks.Process), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? new(Text(OwnerMarks.User), Text(OwnerMarks.Host), Text(OwnerMarks.Machine), id, Text(OwnerMarks.ProcessStart))
            : null;

        string Text(string name) => marks.Text(name) ?? "";
    }

    private static TimeSpan? LifetimeOf(JsonElement item) =>
        int.TryParse(item.Text("metadata", "annotations", OwnerMarks.Lifetime), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;

    private static LeftoverRole RoleOf(string? role) => role switch
    {
        OwnerRole.Transfer => LeftoverRole.Transfer,
        OwnerRole.Inspect => LeftoverRole.Inspection,
        OwnerRole.Configure => LeftoverRole.Configuration,
        OwnerRole.Pull => LeftoverRole.ImagePull,
        OwnerRole.Proof => LeftoverRole.Proof,
        OwnerRole.Rehearsal => LeftoverRole.Rehearsal,
        OwnerRole.Lease => LeftoverRole.Lease,
        OwnerRole.Move => LeftoverRole.Move,
        OwnerRole.Freeze => LeftoverRole.Freeze,
        _ => LeftoverRole.Other,
    };
}
