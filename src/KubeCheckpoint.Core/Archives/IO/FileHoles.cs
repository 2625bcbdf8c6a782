using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KubeCheckpoint.Archives.IO;

/// <summary>Holes of files: ranges of zeros that take no space on the disk.</summary>
internal static partial class FileHoles
{
    // Windows, winioctl.h: FSCTL_SET_SPARSE.
    private const uint SetSparse = 0x900c4;

    // lseek(2) of Linux and of macOS, which has them the other way round.
    private static readonly int SeekData = OperatingSystem.IsMacOS() ? 4 : 3;
    private static readonly int SeekHole = OperatingSystem.IsMacOS() ? 3 : 4;

    /// <summary>The first hole that ends behind an offset; an empty one at the end where there is none, or the system does not tell.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">The offset.</param>
    /// <param name="length">The length of the file.</param>
    public static (long Start, long End) Find(SafeFileHandle file, long offset, long length)
    {
        if (OperatingSystem.IsWindows() || offset >= length)
            return (length, length);
        // The end of a file counts as a hole; past the last data there is an error.
        var start = Seek(file, offset, SeekHole);
        if (start < 0 || start >= length)
            return (length, length);
        var end = Seek(file, start, SeekData);
        return (start, end < 0 || end > length ? length : end);
    }

    /// <summary>Makes ranges that are not written become holes. Elsewhere than on Windows they do by themselves.</summary>
    /// <param name="file">A file that is open for writing.</param>
    public static void Allow(SafeFileHandle file)
    {
        // Where the file system has no holes, the file is larger on the disk, and correct.
        if (OperatingSystem.IsWindows())
            _ = Control(file, SetSparse, 0, 0, 0, 0, out _, 0);
    }

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial long Seek(SafeFileHandle file, long offset, int origin);

    [LibraryImport("kernel32", EntryPoint = "DeviceIoControl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool Control(
        SafeFileHandle file, uint code, nint input, uint inputSize, nint output, uint outputSize, out uint returned, nint overlapped);
}
