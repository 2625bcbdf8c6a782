namespace KubeCheckpoint.Sandbox;

/// <summary>How a node names the cgroups of its pods.</summary>
public enum SandboxCgroupDriver
{
    /// <summary>As the runtime does by default: CRI-O with systemd, containerd with cgroupfs.</summary>
    OfTheRuntime,

    /// <summary>As folders: <c>kubepods/besteffort/podUID/ID</c>.</summary>
    Cgroupfs,

    /// <summary>As slices and scopes: <c>kubepods.slice/.../kubepods-besteffort-podUID.slice/crio-ID.scope</c>.</summary>
    Systemd,
}
