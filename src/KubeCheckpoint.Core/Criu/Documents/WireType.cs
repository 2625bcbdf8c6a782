namespace KubeCheckpoint.Criu.Documents;

/// <summary>How a value is encoded (protobuf.dev/programming-guides/encoding).</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Length = 2,
    GroupStart = 3,
    GroupEnd = 4,
    Fixed32 = 5,
}
