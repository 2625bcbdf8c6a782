namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>What a helper pod is for, and what it sees of its node.</summary>
/// <param name="Component">Its label app.kubernetes.io/component, and a part of its name.</param>
/// <param name="Folders">The node's folders; none for a pod that any namespace takes.</param>
/// <param name="NeedsTools">Whether it must have what <see cref="HelperTools"/> looks for.</param>
/// <param name="Script">
/// What it runs; null to wait for commands. A pod with a script of its own is as ordinary as any: nothing is taken from it.
/// </param>
internal sealed record HelperRole(string Component, IReadOnlyList<HelperFolder> Folders, bool NeedsTools, string? Script = null)
{
    /// <summary>Reads archives in a folder, and deletes them where that is asked for.</summary>
    public static HelperRole Transfer(string folder, ArchiveTransferOptions options) =>
        new("transfer", [new("checkpoints", folder, HelperPodManifest.MountPath, IsReadOnly: !options.RemoveSource)], NeedsTools: true);
}
