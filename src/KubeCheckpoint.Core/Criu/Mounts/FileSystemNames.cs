namespace KubeCheckpoint.Criu.Mounts;

/// <summary>The file systems CRIU numbers (CRIU, images/mnt.proto), by the names of /proc/filesystems.</summary>
internal static class FileSystemNames
{
    private const uint Unsupported = 0;
    private const uint Automatic = 16;

    private static readonly string[] Names =
    [
        "", "proc", "sysfs", "devtmpfs", "binfmt_misc", "tmpfs", "devpts", "simfs", "pstore", "securityfs", "fusectl", "debugfs", "cgroup",
        "aufs", "mqueue", "fuse", "", "overlay", "autofs", "tracefs", "rpc_pipefs", "nfs", "nfs4", "cgroup2",
    ];

    /// <summary>The name, or null for an unknown number without a name.</summary>
    /// <param name="number">CRIU's number.</param>
    /// <param name="name">The name the image has beside the number, or empty.</param>
    public static string? Of(uint number, string name)
    {
        if (number is not (Unsupported or Automatic) && number < Names.Length)
            return Names[number];
        return name.Length > 0 ? name : null;
    }
}
