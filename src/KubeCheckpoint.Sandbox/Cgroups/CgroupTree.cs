using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Cgroups;

/// <summary>The names of a node's cgroups.</summary>
internal sealed class CgroupTree(SandboxNode node, string root)
{
    private readonly bool _systemd = node.Host.CgroupDriver switch
    {
        SandboxCgroupDriver.Cgroupfs => false,
        SandboxCgroupDriver.Systemd => true,
        _ => node.Runtime == SandboxRuntime.CriO,
    };

    public int Version => node.Host.CgroupVersion;

    /// <summary>The folder that has the freezer's cgroups.</summary>
    public string Freezer { get; } = Path.Join(root, "sys", "fs", "cgroup", node.Host.CgroupVersion == 1 ? "freezer" : "");

    /// <summary>The path of a pod's cgroup, from the root of the hierarchy.</summary>
    public string Pod(string uid) => _systemd
        ? $"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{uid.Replace('-', '_')}.slice"
        : $"/kubepods/besteffort/pod{uid}";

    /// <summary>The path of a container's cgroup.</summary>
    public string Container(string uid, string id) => Pod(uid) + "/" + (_systemd, node.Runtime) switch
    {
        (true, SandboxRuntime.CriO) => $"crio-{id}.scope",
        (true, _) => $"cri-containerd-{id}.scope",
        _ => id,
    };

    /// <summary>The path of the cgroup of the process that watches over a container, which nothing may freeze; null for none.</summary>
    public string? Supervisor(string uid, string id) => (_systemd, node.Runtime) switch
    {
        (true, SandboxRuntime.CriO) => $"{Pod(uid)}/crio-conmon-{id}.scope",
        _ => null,
    };

    /// <summary>The content of the /proc/PID/cgroup of a container's process.</summary>
    public string ProcessFile(string uid, string id) => Version == 2
        ? $"0::{Container(uid, id)}\n"
        : $"12:misc:/\n11:freezer:{Container(uid, id)}\n0::{Container(uid, id)}\n";

    /// <summary>Creates the folder of the hierarchy, which a mount needs.</summary>
    public void Create() => PrivateFile.CreateFolder(Freezer);
}
