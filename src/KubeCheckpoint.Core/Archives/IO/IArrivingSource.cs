namespace KubeCheckpoint.Archives.IO;

/// <summary>Bytes that are read while they arrive. Only the last ones are in memory: what is asked for again has to arrive again.</summary>
internal interface IArrivingSource : IByteSource
{
    /// <summary>How many bytes a reader can have in memory at once.</summary>
    public int Capacity { get; }

    /// <summary>
    /// Completes when bytes from an offset on can be read: as many as asked for, as there are, or as fit into memory. Bytes before them are dropped
    /// where they need the space.
    /// </summary>
    public Task ArriveAsync(long offset, long count, CancellationToken cancellationToken);

    /// <summary>Completes when all bytes have arrived, of which those that fit into memory are kept.</summary>
    public Task PassAsync(CancellationToken cancellationToken);

    /// <summary>The bytes before an offset are not needed any longer.</summary>
    public void Release(long offset);
}
