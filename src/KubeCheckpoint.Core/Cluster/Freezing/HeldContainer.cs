namespace KubeCheckpoint.Cluster.Freezing;

/// <summary>A container that is held still.</summary>
/// <param name="Container">Its name.</param>
/// <param name="StoppedAt">When it was frozen, by the clock of this machine.</param>
/// <param name="RanOn">How long at most it ran on after its dump; zero if it was held before the runtime resumed it.</param>
internal sealed record HeldContainer(string Container, DateTimeOffset StoppedAt, TimeSpan RanOn)
{
    /// <summary>Whether no instruction ran after the dump.</summary>
    public bool IsExact => RanOn == TimeSpan.Zero;
}
