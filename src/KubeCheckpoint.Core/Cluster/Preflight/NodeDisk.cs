namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>What is left on a node's disks, in bytes (<c>/stats/summary</c>).</summary>
/// <param name="AvailableBytes">On the file system of the kubelet's folder, where checkpoints go.</param>
/// <param name="ImageAvailableBytes">On that of the images and containers; null where it is not told.</param>
internal sealed record NodeDisk(long AvailableBytes, long? ImageAvailableBytes);
