namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>Reads CRIU's log of the next restore on a node, after the name of the container's folder in its first line; or says why it cannot.</summary>
internal delegate Task<(byte[]? Log, string? Reason)> CatchRestoreLog(string node, RestoreLogPlace place, CancellationToken cancellationToken);

/// <summary>Where runtimes have the logs of restores while they run, in a folder for each container.</summary>
/// <param name="Folder">The folder with the folders of the containers.</param>
/// <param name="Pattern">The logs in it, with a wildcard for the container.</param>
internal sealed record RestoreLogPlace(string Folder, string Pattern)
{
    /// <summary>The working folder of the task (containerd, cmd/containerd-shim-runc-v2/runc/container.go and core/runtime/v2/bundle.go).</summary>
    private static readonly RestoreLogPlace Containerd = new("/var/lib/containerd/io.containerd.runtime.v2.task/k8s.io", "*/restore.log");

    /// <summary>The bundle, since conmon passes on no other folder (CRI-O, internal/oci/runtime_oci.go).</summary>
    private static readonly RestoreLogPlace CriO = new("/run/containers/storage/overlay-containers", "*/userdata/restore.log");

    /// <summary>By the message of a runtime that could not restore a container; only containerd names itself.</summary>
    public static RestoreLogPlace Of(string message) => message.Contains("containerd", StringComparison.Ordinal) ? Containerd : CriO;

    public override string ToString() => $"{Folder}/{Pattern}";
}
