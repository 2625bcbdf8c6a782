namespace KubeCheckpoint;

/// <summary>
/// What kind of failure a <see cref="KubeCheckpointException"/> reports. The names are those of PowerShell's
/// <c>ErrorCategory</c>, so that the cmdlets can show them without a table of its own.
/// </summary>
public enum FailureCategory
{
    /// <summary>None of the other kinds fits.</summary>
    NotSpecified,

    /// <summary>A connection could not be opened, or broke.</summary>
    ConnectionError,

    /// <summary>The caller is not who it must be: a missing, expired or refused credential.</summary>
    AuthenticationError,

    /// <summary>The caller is known and lacks the right.</summary>
    PermissionDenied,

    /// <summary>The object asked for does not exist.</summary>
    ObjectNotFound,

    /// <summary>An argument of the user's cannot mean anything.</summary>
    InvalidArgument,

    /// <summary>What was read is damaged or is not what it should be.</summary>
    InvalidData,

    /// <summary>The object exists and is in a state that does not allow the operation.</summary>
    InvalidOperation,

    /// <summary>The deadline passed.</summary>
    OperationTimeout,

    /// <summary>The operation was cut short.</summary>
    OperationStopped,

    /// <summary>The server, node or runtime does not offer this, or has it switched off.</summary>
    NotEnabled,

    /// <summary>What was asked for does not exist in this version.</summary>
    NotImplemented,

    /// <summary>The target exists already.</summary>
    ResourceExists,

    /// <summary>Another user of the resource stands in the way; later it may work.</summary>
    ResourceBusy,

    /// <summary>The resource cannot be had at all for now.</summary>
    ResourceUnavailable,

    /// <summary>Reading failed.</summary>
    ReadError,

    /// <summary>Writing failed, a full disk for example.</summary>
    WriteError,

    /// <summary>A server answered something its protocol does not allow.</summary>
    ProtocolError,

    /// <summary>A digest, size or signature is not what it must be.</summary>
    SecurityError,
}
