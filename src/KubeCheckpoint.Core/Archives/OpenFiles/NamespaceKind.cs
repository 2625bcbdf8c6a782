using System.Globalization;

namespace KubeCheckpoint.Archives.OpenFiles;

/// <summary>Kinds of namespaces as <c>/proc/PID/ns</c> names them. Flags from Linux, include/uapi/linux/sched.h.</summary>
internal static class NamespaceKind
{
    public static string Of(uint cloneFlag) => cloneFlag switch
    {
        0x80 => "time",
        0x2_0000 => "mnt",
        0x200_0000 => "cgroup",
        0x400_0000 => "uts",
        0x800_0000 => "ipc",
        0x1000_0000 => "user",
        0x2000_0000 => "pid",
        0x4000_0000 => "net",
        _ => string.Create(CultureInfo.InvariantCulture, $"0x{cloneFlag:x}"),
    };
}
