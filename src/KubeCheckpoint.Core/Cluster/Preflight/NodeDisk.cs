namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>The free space on a node's disks, in bytes (<c>/stats/summary</c>).</summary>
/// <param name="AvailableBytes">The free space on the file system of the kubelet's folder, which receives checkpoints.</param>
/// <param name="ImageAvailableBytes">The free space on the file system of the images and containers, or null if it is not reported.</param>
internal sealed record NodeDisk(long AvailableBytes, long? ImageAvailableBytes);
