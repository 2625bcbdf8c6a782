using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KubeCheckpoint.Archives.IO;

/// <summary>
/// The system calls of Unix that .NET has no method for: opening without following a link and without waiting for the other end of a FIFO, the
/// status of an open file, and writing a folder to disk. Numbers and structures differ between Linux and macOS, and between architectures.
/// </summary>
internal static partial class NativeFile
{
    /// <summary>The folder that relative paths start at.</summary>
    public const int CurrentFolder = -100;

    // The same in Linux and macOS.
    private const int NotFound = 2;
    private const int AccessDenied = 13;
    private const int NotAFolder = 20;
    private const int LockExclusive = 2;
    private const int LockNow = 4;

    // Linux: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, and STATX_TYPE, STATX_NLINK and STATX_UID.
    private const int NoFollow = 0x100;
    private const int EmptyPath = 0x1000;
    private const uint StatusMask = 0x1 | 0x4 | 0x8;
    private const int StatusSize = 256;

    /// <summary>The flags of open(2) of this system.</summary>
    public static OpenFlags Flags { get; } = OpenFlags.OfThisSystem();

    /// <summary>Opens a file or folder.</summary>
    /// <param name="folder">The number of an open folder that the path is relative to, or <see cref="CurrentFolder"/>.</param>
    /// <param name="path">The path.</param>
    /// <param name="flags">The flags; none creates a file.</param>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="DirectoryNotFoundException">A part of the path is no folder.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    /// <exception cref="IOException">It cannot be opened, such as a link where none is followed.</exception>
    public static SafeFileHandle Open(int folder, string path, int flags)
    {
        var handle = OpenAt(folder, path, flags | Flags.CloseOnExec, 0);
        if (!handle.IsInvalid)
            return handle;
        var (error, message) = (Marshal.GetLastPInvokeError(), $"{Marshal.GetLastPInvokeErrorMessage()}.");
        handle.Dispose();
        throw error switch
        {
            NotFound => new FileNotFoundException(message, path),
            NotAFolder => new DirectoryNotFoundException(message),
            AccessDenied => new UnauthorizedAccessException(message),
            _ => new IOException(message, error),
        };
    }

    /// <summary>The status of an open file; null where the system does not tell.</summary>
    /// <param name="file">The file.</param>
    public static FileStatus? StatusOf(SafeFileHandle file)
    {
        Span<byte> status = stackalloc byte[StatusSize];
        ref var start = ref MemoryMarshal.GetReference(status);
        if (OperatingSystem.IsMacOS())
        {
            return Status(Number(file), ref start) == 0
                ? new(MemoryMarshal.Read<ushort>(status[4..]), MemoryMarshal.Read<ushort>(status[6..]), MemoryMarshal.Read<uint>(status[16..]))
                : null;
        }
        return OperatingSystem.IsLinux() && StatusAt(Number(file), "", EmptyPath, StatusMask, ref start) == 0
            ? FromLinux(status)
            : null;
    }

    /// <summary>The status of what a path names, without following a link; null where there is nothing (Linux).</summary>
    /// <param name="path">The path.</param>
    public static FileStatus? StatusOf(string path)
    {
        Span<byte> status = stackalloc byte[StatusSize];
        return StatusAt(CurrentFolder, path, NoFollow, StatusMask, ref MemoryMarshal.GetReference(status)) == 0 ? FromLinux(status) : null;
    }

    /// <summary>The user that this process runs as.</summary>
    public static uint CurrentUser => UserOfProcess();

    /// <summary>Whether a file is now locked for this process, as <see cref="FileShare.None"/> does.</summary>
    /// <param name="file">The file.</param>
    public static bool TryLock(SafeFileHandle file) => Lock(Number(file), LockExclusive | LockNow) == 0;

    /// <summary>Writes the names in a folder to disk. File systems that cannot do that are left alone.</summary>
    /// <param name="folder">The folder.</param>
    public static void Flush(SafeFileHandle folder) => _ = Synchronize(Number(folder));

    /// <summary>The number of an open file.</summary>
    /// <param name="file">The file.</param>
    public static int Number(SafeFileHandle file) => (int)file.DangerousGetHandle();

    private static FileStatus FromLinux(ReadOnlySpan<byte> status) =>
        new(MemoryMarshal.Read<ushort>(status[28..]), MemoryMarshal.Read<uint>(status[16..]), MemoryMarshal.Read<uint>(status[20..]));

    [LibraryImport("libc", EntryPoint = "openat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial SafeFileHandle OpenAt(int folder, string name, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int StatusAt(int folder, string name, int flags, uint mask, ref byte status);

    [LibraryImport("libc", EntryPoint = "fstat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Status(int file, ref byte status);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint UserOfProcess();

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Lock(int file, int operation);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Synchronize(int file);

    /// <summary>The flags of open(2): fcntl.h of Linux for each architecture, and of macOS.</summary>
    internal sealed record OpenFlags(int Directory, int NoFollow, int NonBlocking, int CloseOnExec)
    {
        /// <summary>Linux: the file is only the start of paths, so that it need not be readable.</summary>
        public static int PathOnly => 0x200000;

        /// <summary>Reading and writing, the same everywhere.</summary>
        public static int ReadWrite => 2;

        public static OpenFlags OfThisSystem()
        {
            if (OperatingSystem.IsMacOS())
                return new(0x100000, 0x100, 0x4, 0x1000000);
            return RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm
                ? new(0x4000, 0x8000, 0x800, 0x80000)
                : new(0x10000, 0x20000, 0x800, 0x80000);
        }
    }
}
