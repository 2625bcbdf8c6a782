namespace KubeCheckpoint.Criu.Documents;

/// <summary>The type of a field, as the definitions name it.</summary>
internal enum CriuFieldKind
{
    /// <summary><c>bool</c>.</summary>
    Bool,

    /// <summary><c>int32</c>.</summary>
    Int32,

    /// <summary><c>sint32</c>: zigzag.</summary>
    SInt32,

    /// <summary><c>int64</c>.</summary>
    Int64,

    /// <summary><c>sint64</c>: zigzag.</summary>
    SInt64,

    /// <summary><c>uint32</c>.</summary>
    UInt32,

    /// <summary><c>uint64</c>.</summary>
    UInt64,

    /// <summary><c>fixed32</c>.</summary>
    Fixed32,

    /// <summary><c>fixed64</c>.</summary>
    Fixed64,

    /// <summary>An enumeration: a number with a name.</summary>
    Enumeration,

    /// <summary><c>string</c>.</summary>
    Text,

    /// <summary><c>bytes</c>.</summary>
    Bytes,

    /// <summary>A message in the message.</summary>
    Message,
}
