namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>Holds the containers of a pod still, each from the end of its dump.</summary>
internal interface IDumpHold
{
    /// <summary>Prepares for the next dump. It is called again before a dump that is repeated.</summary>
    public Task ArmAsync(string container, CancellationToken cancellationToken);

    /// <summary>The checkpoint has returned: from here on the container is frozen.</summary>
    /// <returns>False if it ran on for a while after its dump: what it did then is not in the archive.</returns>
    public Task<bool> HoldAsync(string container, CancellationToken cancellationToken);
}
