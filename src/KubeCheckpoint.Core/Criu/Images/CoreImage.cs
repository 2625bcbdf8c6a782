using System.Buffers.Binary;

namespace KubeCheckpoint.Criu.Images;

/// <summary><c>core-PID.img</c>: registers and state of a task. For now only its architecture.</summary>
internal static class CoreImage
{
    // u32 IMG_COMMON, u32 type, u32 size, then the message (CRIU images/magic.h; framing: criu.org/Images).
    private const uint CommonMagic = 0x54564319;
    private const uint CoreMagic = 0x55053847;
    private const int HeadSize = 12;
    private const byte MtypeTag = 1 << 3;

    /// <summary>OCI's word for the architecture of a core image, or null where the image does not say a known one.</summary>
    /// <remarks>core_entry.mtype is the message's first field, and CRIU writes fields in the order of their numbers.</remarks>
    public static string? ReadArchitecture(Stream image)
    {
        Span<byte> head = stackalloc byte[HeadSize + 2];
        if (image.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length
            || BinaryPrimitives.ReadUInt32LittleEndian(head) != CommonMagic
            || BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) != CoreMagic
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
