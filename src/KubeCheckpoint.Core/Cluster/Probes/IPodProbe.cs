namespace KubeCheckpoint.Cluster.Probes;

/// <summary>A check whether a restored pod works.</summary>
public interface IPodProbe
{
    /// <summary>The kind of probe.</summary>
    public PodProbeKind Kind { get; }

    /// <summary>What it probes, for the report.</summary>
    public string Target { get; }

    /// <summary>Probes once.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="KubeCheckpointException">Forbidden and the like: another attempt would not help.</exception>
    public Task<ProbeResponse> ProbeAsync(Pod pod, CancellationToken cancellationToken);
}
