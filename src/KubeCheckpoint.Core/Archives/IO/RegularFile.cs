using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KubeCheckpoint.Archives.IO;

/// <summary>
/// Opens the regular files of a folder that is not trusted: never through a link, so that no name leads out of the folder, and never a
/// FIFO or device, which would block or act when opened. On Unix each part of a name is opened relative to its parent, so that a
/// folder that is exchanged for a link meanwhile is found too.
/// </summary>
internal static partial class RegularFile
{
    // Linux, include/uapi/linux/stat.h: the offset of stx_mode in struct statx, which is the same on every architecture.
    private const int StatSize = 256;
    private const int ModeOffset = 28;
    private const int TypeBits = 0xf000;
    private const int RegularType = 0x8000;
    private const int AtFdCwd = -100;
    private const int AtNoFollow = 0x100;
    private const int AtEmptyPath = 0x1000;
    private const uint TypeMask = 1;

    private static readonly OpenFlags Flags = OpenFlags.OfThisSystem();

    /// <summary>Opens a file.</summary>
    /// <param name="folder">The folder. The user named it, so it may be a link or be reached through one.</param>
    /// <param name="name">The file's name in it, with <c>/</c> between its parts.</param>
    /// <exception cref="IOException">There is no such regular file, or it cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied (Windows).</exception>
    public static SafeFileHandle Open(string folder, string name) => OperatingSystem.IsWindows() ? OpenOnWindows(folder, name) : OpenOnUnix(folder, name);

    /// <summary>Whether a path is a regular file. Where the system does not tell, everything is that is not a folder.</summary>
    /// <param name="path">The path.</param>
    /// <param name="throughLink">Whether a link to a regular file counts as one.</param>
    public static bool Exists(string path, bool throughLink) => OperatingSystem.IsLinux()
        ? IsRegular(AtFdCwd, path, throughLink ? 0 : AtNoFollow)
        : File.Exists(path) && (throughLink || new FileInfo(path).LinkTarget is null);

    private static SafeFileHandle OpenOnUnix(string folder, string name)
    {
        var parts = name.Split('/');
        var parent = OpenAt(AtFdCwd, folder, Flags.Directory);
        try
        {
            foreach (var part in parts[..^1])
            {
                var child = OpenAt(Number(parent), part, Flags.Directory | Flags.NoFollow);
                parent.Dispose();
                parent = child;
            }
            if (OperatingSystem.IsLinux() && !IsRegular(Number(parent), parts[^1], AtNoFollow))
                throw new IOException("It is not a regular file.");
            return Checked(OpenAt(Number(parent), parts[^1], Flags.NoFollow | Flags.NonBlocking));
        }
        finally
        {
            parent.Dispose();
        }
    }

    private static SafeFileHandle Checked(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux() || IsRegular(Number(file), "", AtEmptyPath))
            return file;
        file.Dispose();
        throw new IOException("It is not a regular file.");
    }

    private static SafeFileHandle OpenOnWindows(string folder, string name)
    {
        var path = folder;
        foreach (var part in name.Split('/'))
        {
            path = Path.Combine(path, part);
            if (File.GetAttributes(path).HasFlag(FileAttributes.ReparsePoint))
                throw new IOException("It is a link.");
        }
        return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.RandomAccess);
    }

    private static SafeFileHandle OpenAt(int folder, string name, int flags)
    {
        var handle = OpenAt(folder, name, flags | Flags.CloseOnExec, 0);
        if (!handle.IsInvalid)
            return handle;
        var message = Marshal.GetLastPInvokeErrorMessage();
        handle.Dispose();
        throw new IOException(message);
    }

    private static bool IsRegular(int folder, string name, int flags)
    {
        Span<byte> stat = stackalloc byte[StatSize];
        return Stat(folder, name, flags, TypeMask, ref MemoryMarshal.GetReference(stat)) == 0
            && (MemoryMarshal.Read<ushort>(stat[ModeOffset..]) & TypeBits) == RegularType;
    }

    private static int Number(SafeFileHandle handle) => (int)handle.DangerousGetHandle();

    [LibraryImport("libc", EntryPoint = "openat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial SafeFileHandle OpenAt(int folder, string name, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Stat(int folder, string name, int flags, uint mask, ref byte stat);

    /// <summary>The flags of open(2), whose numbers differ: fcntl.h of Linux for each architecture, and of macOS.</summary>
    private sealed record OpenFlags(int Directory, int NoFollow, int NonBlocking, int CloseOnExec)
    {
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
