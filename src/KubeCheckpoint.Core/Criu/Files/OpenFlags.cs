using System.Globalization;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Criu.Files;

/// <summary>
/// The flags of <c>open(2)</c> by name. Their values depend on the architecture (Linux, include/uapi/asm-generic/fcntl.h and the
/// fcntl.h of arm, arm64, powerpc and mips).
/// </summary>
internal sealed class OpenFlags
{
    /// <summary>A flag of the descriptor, not of the file (fcntl.h).</summary>
    public const uint CloseOnExecDescriptor = 1;

    private const uint AccessMask = 3;
    private const uint Path = 0x20_0000;
    private const uint DataSync = 0x1000;
    private const uint Sync = 0x10_0000 | DataSync;
    private const uint TemporaryBit = 0x40_0000;

    private static readonly (uint Bit, string Name)[] Shared =
    [
        (0x40, "O_CREAT"), (0x80, "O_EXCL"), (0x100, "O_NOCTTY"), (0x200, "O_TRUNC"), (0x400, "O_APPEND"), (0x800, "O_NONBLOCK"),
        (0x2000, "O_ASYNC"), (0x4_0000, "O_NOATIME"), (Path, "O_PATH"),
    ];

    private static readonly OpenFlags Generic = new(Shared, Sync, DataSync, direct: 0x4000, large: 0x8000, directory: 0x1_0000, noFollow: 0x2_0000);

    private static readonly OpenFlags Arm = new(Shared, Sync, DataSync, direct: 0x1_0000, large: 0x2_0000, directory: 0x4000, noFollow: 0x8000);

    private static readonly OpenFlags PowerPC = new(Shared, Sync, DataSync, direct: 0x2_0000, large: 0x1_0000, directory: 0x4000, noFollow: 0x8000);

    private static readonly OpenFlags Mips = new(
        [
            (0x8, "O_APPEND"), (0x80, "O_NONBLOCK"), (0x100, "O_CREAT"), (0x200, "O_TRUNC"), (0x400, "O_EXCL"), (0x800, "O_NOCTTY"),
            (0x1000, "O_ASYNC"), (0x4_0000, "O_NOATIME"), (Path, "O_PATH"),
        ],
        0x4010,
        0x10,
        direct: 0x8000,
        large: 0x2000,
        directory: 0x1_0000,
        noFollow: 0x2_0000);

    // Names of several bits come before the names of their parts.
    private readonly (uint Bits, string Name)[] _names;

    private OpenFlags((uint, string)[] common, uint sync, uint dataSync, uint direct, uint large, uint directory, uint noFollow) =>
        _names =
        [
            .. common,
            (sync, "O_SYNC"), (dataSync, "O_DSYNC"), (direct, "O_DIRECT"), (large, "O_LARGEFILE"), (TemporaryBit | directory, "O_TMPFILE"),
            (directory, "O_DIRECTORY"), (noFollow, "O_NOFOLLOW"), (0x8_0000, "O_CLOEXEC"),
        ];

    /// <summary>The flags of an architecture.</summary>
    public static OpenFlags Of(CoreEntry.Types.March machine) => machine switch
    {
        CoreEntry.Types.March.Arm or CoreEntry.Types.March.Aarch64 => Arm,
        CoreEntry.Types.March.Ppc64 => PowerPC,
        CoreEntry.Types.March.Mips => Mips,
        _ => Generic,
    };

    /// <summary>Whether the file can be read and written; null where neither.</summary>
    public static FileAccess? AccessOf(uint flags) => (flags & Path) != 0 ? null : (flags & AccessMask) switch
    {
        0 => FileAccess.Read,
        1 => FileAccess.Write,
        2 => FileAccess.ReadWrite,
        _ => null,
    };

    /// <summary>All names, the access mode first; bits without a name as one number.</summary>
    public IReadOnlyList<string> NamesOf(uint flags, bool closeOnExec)
    {
        var names = new List<string> { (flags & AccessMask) switch { 0 => "O_RDONLY", 1 => "O_WRONLY", 2 => "O_RDWR", _ => "O_ACCMODE" } };
        var left = flags & ~AccessMask;
        foreach (var (bits, name) in _names)
        {
            if ((left & bits) != bits)
                continue;
            names.Add(name);
            left &= ~bits;
        }
        if (left != 0)
            names.Add(string.Create(CultureInfo.InvariantCulture, $"0x{left:x}"));
        if (closeOnExec && !names.Contains("O_CLOEXEC"))
            names.Add("O_CLOEXEC");
        return names;
    }
}
