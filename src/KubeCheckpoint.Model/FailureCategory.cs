namespace KubeCheckpoint;

/// <summary>
/// What kind of failure a <see cref="KubeCheckpointException"/> reports. The names are those of PowerShell's
/// <c>ErrorCategory</c>, so that the module needs no table to map them.
/// </summary>
public enum FailureCategory
{
    /// <summary>None of the other kinds fits.</summary>
    NotSpecified,

    /// <summary>A connection could not be opened, or broke.</summary>
    ConnectionError,

    /// <summary>A credential is missing, expired or refused.</summary>
    AuthenticationError,

    /// <summary>The caller is known and lacks the right.</summary>
    PermissionDenied,

    /// <summary>The object asked for does not exist.</summary>
    ObjectNotFound,

    /// <summary>An argument is not valid.</summary>
    InvalidArgument,

    /// <summary>What was read is damaged or is not what it should be.</summary>
    InvalidData,

    /// <summary>The object exists and is in a state that does not allow the operation.</summary>
    InvalidOperation,

    /// <summary>The deadline passed.</summary>
    OperationTimeout,

    /// <summary>The operation was stopped.</summary>
    OperationStopped,

    /// <summary>The server, node or runtime does not offer this, or has it switched off.</summary>
    NotEnabled,

    /// <summary>What was asked for does not exist in this version.</summary>
    NotImplemented,

    /// <summary>The target exists already.</summary>
    ResourceExists,

    /// <summary>The resource is in use; a later attempt may succeed.</summary>
    ResourceBusy,

    /// <summary>The resource is not available now.</summary>
    ResourceUnavailable,

    /// <summary>Reading failed.</summary>
    ReadError,

    /// <summary>Writing failed, a full disk for example.</summary>
    WriteError,

    /// <summary>A server sent a response that its protocol does not allow.</summary>
    ProtocolError,

    /// <summary>A digest, size or signature is not what it must be.</summary>
    SecurityError,
}
