namespace KubeCheckpoint.Cluster.Probes;

/// <summary>A question to a restored pod.</summary>
public interface IPodProbe
{
    /// <summary>How it asks.</summary>
    public PodProbeKind Kind { get; }

    /// <summary>What it asks, for the report.</summary>
    public string Target { get; }

    /// <summary>Asks once.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="KubeCheckpointException">Forbidden and the like: asking again would not help.</exception>
    public Task<ProbeResponse> ProbeAsync(Pod pod, CancellationToken cancellationToken);
}
