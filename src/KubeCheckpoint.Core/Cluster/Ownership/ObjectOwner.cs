using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Archives.Owners;

namespace KubeCheckpoint.Cluster.Ownership;

/// <summary>Who creates objects for a piece of work, and marks them so that they are found again when this process dies before it removes them.</summary>
/// <param name="Process">The process.</param>
/// <param name="Cmdlet">The cmdlet, or null for a program that uses the engine.</param>
internal sealed record ObjectOwner(OwnerProcess Process, string? Cmdlet)
{
    /// <summary>Of this process alone, whose id another one may have later.</summary>
    private static readonly string Session = Guid.NewGuid().ToString();

    /// <summary>The labels of an object that may be a copy of a user's: they replace none of the user's.</summary>
    /// <param name="role">What the object is for.</param>
    public Dictionary<string, string> Labels(string role)
    {
        var labels = new Dictionary<string, string> { [OwnerMarks.Role] = role };
        if (Cmdlet is not null)
            labels[OwnerMarks.Cmdlet] = Cmdlet;
        return labels;
    }

    /// <summary>The annotations: the owner, and the instant from which the object is nobody's.</summary>
    /// <param name="lifetime">How long the object may be needed from now on.</param>
    public Dictionary<string, string> Annotations(TimeSpan lifetime) => new()
    {
        [OwnerMarks.User] = Process.User,
        [OwnerMarks.Host] = Process.Host,
        [OwnerMarks.Machine] = Process.Machine,
        [OwnerMarks.Process] = Process.Id.ToString(CultureInfo.InvariantCulture),
        [OwnerMarks.ProcessStart] = Process.Start,
        [OwnerMarks.Session] = Session,
        [OwnerMarks.Lifetime] = ((long)lifetime.TotalSeconds).ToString(CultureInfo.InvariantCulture),
        [OwnerMarks.Expires] = (DateTimeOffset.UtcNow + lifetime).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
    };

    /// <summary>The labels of an object that is the module's altogether.</summary>
    public Dictionary<string, string> OwnLabels(string role) => new(OwnerMarks.OfOwnObject(role).Concat(Labels(role)));

    /// <summary>Marks an object that may be a copy of a user's.</summary>
    public void Mark(JsonObject metadata, string role, TimeSpan lifetime) => OwnerMarks.Add(metadata, Labels(role), Annotations(lifetime));
}
