using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Drills;

/// <summary>How long the namespace and the copy of a drill may be needed: beyond that they belong to nobody, and the cluster ends the copy.</summary>
/// <param name="request">The drill.</param>
internal sealed class DrillLifetime(DrillRequest request)
{
    private const string DeadlineField = "activeDeadlineSeconds";

    /// <summary>How long a copy that the user keeps runs.</summary>
    private static readonly TimeSpan WhenKept = TimeSpan.FromHours(24);

    /// <summary>How long the push of the images may take.</summary>
    private static readonly TimeSpan Push = TimeSpan.FromHours(6);

    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    /// <summary>From the start of the copy: until it is ready, and for each probe.</summary>
    private TimeSpan OfCopy => request.Keeps ? WhenKept : request.Timeout + (request.Probes.Count * request.ProbeTimeout) + Margin;

    /// <summary>The copy waits for the push, the pull of the base images and the scheduler before it starts.</summary>
    private TimeSpan OfNamespace => Push + (2 * request.Timeout) + OfCopy;

    /// <summary>The annotations of everything in the namespace.</summary>
    public Dictionary<string, string> Annotations(ObjectOwner owner) => WithKept(owner.Annotations(OfNamespace));

    /// <summary>The copy with a deadline and its owner. Its own deadline stays if it is shorter.</summary>
    public PodDocument Limit(PodDocument pod, ObjectOwner owner)
    {
        var copy = pod.Copy();
        OwnerMarks.Add(copy.Metadata, owner.Labels(OwnerRole.Rehearsal), WithKept(owner.Annotations((2 * request.Timeout) + OfCopy)));
        var seconds = (int)Math.Ceiling(OfCopy.TotalSeconds);
        copy.Spec[DeadlineField] = Math.Min(seconds, copy.Spec.Number(DeadlineField) ?? seconds);
        return copy;
    }

    private Dictionary<string, string> WithKept(Dictionary<string, string> annotations)
    {
        if (request.Keeps)
            annotations[OwnerMarks.Kept] = "true";
        return annotations;
    }
}
