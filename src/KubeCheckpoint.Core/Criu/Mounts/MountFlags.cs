namespace KubeCheckpoint.Criu.Mounts;

/// <summary>
/// The flags of <c>mount(2)</c> as <c>/proc/PID/mountinfo</c> spells them and in its order (Linux, include/uapi/linux/mount.h and
/// fs/proc_namespace.c). strictatime has no name there: it is the absence of the others.
/// </summary>
internal static class MountFlags
{
    public const uint ReadOnly = 1;
    private const uint Unbindable = 1 << 17;

    private static readonly (uint Flag, string Name)[] OfMount =
    [
        (2, "nosuid"), (4, "nodev"), (8, "noexec"), (0x400, "noatime"), (0x800, "nodiratime"), (0x20_0000, "relatime"), (0x100, "nosymfollow"),
    ];

    private static readonly (uint Flag, string Name)[] OfFileSystem = [(0x10, "sync"), (0x80, "dirsync"), (0x40, "mand"), (0x200_0000, "lazytime")];

    /// <summary>The options of a mount.</summary>
    public static IReadOnlyList<string> NamesOf(uint flags) => [.. Names(flags, OfMount)];

    /// <summary>The options of a file system: its flags, then its own options.</summary>
    public static IReadOnlyList<string> NamesOf(uint flags, string options) =>
        [.. Names(flags, OfFileSystem), .. options.Split(',', StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>The propagation, as findmnt shows it.</summary>
    public static string PropagationOf(uint flags, uint sharedId, uint masterId) => (sharedId, masterId) switch
    {
        (0, 0) => (flags & Unbindable) != 0 ? "unbindable" : "private",
        (_, 0) => "shared",
        (0, _) => "slave",
        _ => "shared,slave",
    };

    private static IEnumerable<string> Names(uint flags, (uint Flag, string Name)[] table) =>
        table.Where(entry => (flags & entry.Flag) != 0).Select(entry => entry.Name).Prepend((flags & ReadOnly) != 0 ? "ro" : "rw");
}
