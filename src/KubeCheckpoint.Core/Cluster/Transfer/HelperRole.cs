using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Ownership;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>What a helper pod does, and which folders of its node it mounts.</summary>
/// <param name="Component">The value of its label app.kubernetes.io/component, and a part of its name.</param>
/// <param name="Folders">The folders of the node; none for a pod that every namespace allows.</param>
/// <param name="NeedsTools">Whether its image must have the tools of <see cref="HelperTools"/>.</param>
/// <param name="Script">
/// The script it runs, or null to wait for commands. A pod with a script is an ordinary pod, without a restrictive security context.
/// </param>
/// <param name="Functions">
/// Shell functions for its commands, which <see cref="UseFunctions"/> defines: a command is a part of a URL, which must not be long.
/// </param>
/// <param name="EntersHost">Whether it is privileged and shares the process IDs of its node, to run commands on the node itself.</param>
internal sealed record HelperRole(
    string Component, IReadOnlyList<HelperFolder> Folders, bool NeedsTools, string? Script = null, string? Functions = null, bool EntersHost = false)
{
    /// <summary>The environment variable with the shell functions.</summary>
    public const string FunctionsVariable = "KUBECHECKPOINT_FUNCTIONS";

    /// <summary>The beginning of a script that uses the functions.</summary>
    public const string UseFunctions = $"eval \"${FunctionsVariable}\"\n";

    /// <summary>The beginning of the names of pods that are checkpointed to prove that a node can do so.</summary>
    public static string ProofPrefix { get; } = WellKnownNames.NamePrefix(OwnerRole.Proof);

    /// <summary>Whether archives that only pass through are marked with the pod's name: it removes them when its client dies.</summary>
    public bool RemovesClaims { get; init; }

    /// <summary>Whether it sees the processes of its node, without being privileged.</summary>
    public bool SharesProcessIds { get; init; }

    /// <summary>The capabilities that it keeps; it drops all others.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    /// <summary>
    /// The script of its main process, or null for one that waits for commands and ends when its client has died. It is started again if it is killed.
    /// </summary>
    public string? Main { get; init; }

    /// <summary>The role that reads the archives in a folder, and deletes them if the options say so.</summary>
    public static HelperRole Transfer(string folder, ArchiveTransferOptions options) =>
        new(OwnerRole.Transfer, [new("checkpoints", folder, HelperPodManifest.MountPath, IsReadOnly: !options.RemoveSource)], NeedsTools: true)
        {
            RemovesClaims = options.IsPassing,
        };
}

/// <summary>A folder of the node that a helper pod mounts.</summary>
/// <param name="VolumeName">The name of the volume.</param>
/// <param name="HostPath">The path on the node.</param>
/// <param name="MountPath">The path in the pod.</param>
/// <param name="IsReadOnly">Whether the mount is read-only.</param>
/// <param name="IsCreated">Whether the kubelet creates it if it does not exist; otherwise it must exist.</param>
internal sealed record HelperFolder(string VolumeName, string HostPath, string MountPath, bool IsReadOnly, bool IsCreated = false);
