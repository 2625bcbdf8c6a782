namespace KubeCheckpoint.Criu.Images;

/// <summary>What follows the messages of an image.</summary>
internal enum CriuPayload
{
    /// <summary>Nothing: messages only.</summary>
    None,

    /// <summary>One head message of another type, then the entries.</summary>
    Pagemap,

    /// <summary>The content of the file up to the end of the image, or chunks of {message, bytes}.</summary>
    GhostFile,

    /// <summary><c>bytes</c> bytes.</summary>
    PipeData,

    /// <summary><c>length</c> bytes.</summary>
    SocketQueue,

    /// <summary><c>inq_len</c> bytes, then <c>outq_len</c> bytes.</summary>
    TcpStream,

    /// <summary><c>keys_bytes</c> bytes, then <c>values_bytes</c> bytes.</summary>
    BpfMapData,

    /// <summary><c>nsems</c> numbers of 16 bits, padded to 8 bytes.</summary>
    SemaphoreSet,

    /// <summary><c>qnum</c> messages, each followed by <c>msize</c> bytes, padded to 8 bytes.</summary>
    MessageQueue,

    /// <summary><c>size</c> bytes, padded to 4 bytes; nothing where <c>in_pagemaps</c> says that pages hold it.</summary>
    SharedMemory,
}
