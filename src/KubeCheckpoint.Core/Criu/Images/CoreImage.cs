using System.Buffers.Binary;

namespace KubeCheckpoint.Criu.Images;

/// <summary>Reads the architecture from a <c>core-PID.img</c>.</summary>
internal static class CoreImage
{
    // u32 IMG_COMMON, u32 type, u32 size, then the message (CRIU images/magic.h; framing: criu.org/Images).
    private const int HeadSize = 12;
    private const byte MtypeTag = 1 << 3;

    /// <summary>The architecture of a core image by its OCI name, or null where it is unknown.</summary>
    /// <remarks>core_entry.mtype is the message's first field, and CRIU writes fields in the order of their numbers.</remarks>
    public static string? ReadArchitecture(Stream image)
    {
        Span<byte> head = stackalloc byte[HeadSize + 2];
        if (image.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length
            || BinaryPrimitives.ReadUInt32LittleEndian(head) != CriuImageType.CommonMagic
            || BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) != CriuImageType.Core.Magic
            || head[HeadSize] != MtypeTag)
        {
            return null;
        }

        return head[HeadSize + 1] switch
        {
            1 => "amd64",
            2 => "arm",
            3 => "arm64",
            4 => "ppc64le",
            5 => "s390x",
            6 => "mips64le",
            7 => "loong64",
            8 => "riscv64",
            _ => null,
        };
    }
}
