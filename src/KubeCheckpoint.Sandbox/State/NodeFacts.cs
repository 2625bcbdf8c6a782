using System.Buffers.Binary;
using System.Globalization;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>The files that tell a container about its node: written once, in place of /proc, /sys and the node's /etc and /usr.</summary>
internal static class NodeFacts
{
    private static readonly string[] Kernel =
    [
        "/proc/cpuinfo", "/proc/self/auxv", "/proc/self/mountinfo", "/proc/filesystems", "/proc/sys/kernel/osrelease",
        "/sys/module/apparmor/parameters/enabled",
    ];

    /// <summary>The files that emulate the kernel's. Nothing writes to them, but a container that mounts them may still write elsewhere.</summary>
    public static IEnumerable<HostMount> Mounts(NodeState node) =>
        Kernel.Select(path => new HostMount(path, node.HostPath("/kernel" + path), ReadOnly: false));

    public static void Write(NodeState node)
    {
        var host = node.Definition.Host;
        Put(node, "/kernel/proc/cpuinfo", $"processor\t: 0\n{FlagsLabel(node)}\t\t: {string.Join(' ', host.CpuFlags)}\n");
        Put(node, "/kernel/proc/self/mountinfo", MountInfo(host.CgroupVersion));
        Put(node, "/kernel/proc/filesystems", $"nodev\tsysfs\nnodev\tproc\n{(host.SELinux ? "nodev\tselinuxfs\n" : "")}\text4\n");
        Put(node, "/kernel/proc/sys/kernel/osrelease", node.Definition.KernelVersion + "\n");
        File.WriteAllBytes(MakeFolderOf(node, "/kernel/proc/self/auxv"), Vector(host));
        if (host.AppArmor)
            Put(node, "/kernel/sys/module/apparmor/parameters/enabled", "Y\n");
        PrivateFile.CreateFolder(node.HostPath("/etc"));
        PrivateFile.CreateFolder(node.HostPath("/usr"));
        Put(node, "/usr/bin/runc", "");
        foreach ((var path, var text) in host.Files)
            Put(node, path, text);
        if (host.CriuVersion is { } version)
        {
            var criu = Put(node, "/usr/sbin/criu", $"#!/bin/sh\necho 'Version: {version}'\n");
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(criu, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
    }

    private static string FlagsLabel(NodeState node) => node.Definition.Architecture == "arm64" ? "Features" : "flags";

    private static string MountInfo(int cgroupVersion) => cgroupVersion == 2
        ? "30 29 0:26 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup rw,nsdelegate\n"
        : "30 29 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime - tmpfs tmpfs rw,mode=755\n"
            + "31 30 0:32 /kubepods /sys/fs/cgroup/memory ro,nosuid,nodev,noexec,relatime - cgroup cgroup rw,memory\n";

    // Pairs of type and value; the last pair is zero (Linux, include/uapi/linux/auxvec.h).
    private static byte[] Vector(SandboxNodeHost host)
    {
        ulong[] words =
            [51, host.SignalStackSize, 16, host.HardwareCapabilities, 6, (ulong)host.PageSize, 17, 100, 26, host.HardwareCapabilities2, 0, 0];
        var bytes = new byte[words.Length * sizeof(ulong)];
        for (var i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), words[i]);
        return bytes;
    }

    private static string Put(NodeState node, string path, string text)
    {
        var file = MakeFolderOf(node, path);
        File.WriteAllText(file, text.ToString(CultureInfo.InvariantCulture));
        return file;
    }

    private static string MakeFolderOf(NodeState node, string path)
    {
        var file = node.HostPath(path);
        PrivateFile.CreateFolder(Path.GetDirectoryName(file)!);
        return file;
    }
}
