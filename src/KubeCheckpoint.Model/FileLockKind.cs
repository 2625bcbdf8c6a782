namespace KubeCheckpoint;

/// <summary>The kind of a file lock, which tells who owns it. The values are those of CRIU's filelocks.img.</summary>
public enum FileLockKind
{
    /// <summary>A kind that this module does not know.</summary>
    Unknown = 0,

    /// <summary>A record lock of a process: <c>fcntl(F_SETLK)</c>.</summary>
    Posix = 1,

    /// <summary>A lock of an open file description on the whole file: <c>flock</c>.</summary>
    Flock = 2,

    /// <summary>A record lock of an open file description: <c>fcntl(F_OFD_SETLK)</c>.</summary>
    OpenFileDescription = 4,

    /// <summary>A lease: <c>fcntl(F_SETLEASE)</c>.</summary>
    Lease = 8,
}
