using System.Text;

namespace KubeCheckpoint.Archives.CoreDumps;

/// <summary>A note of a core file.</summary>
/// <param name="Owner">The owner that defines its type: <c>CORE</c> or <c>LINUX</c>.</param>
/// <param name="Type">The type.</param>
/// <param name="Content">Its bytes.</param>
internal readonly record struct ElfNote(string Owner, uint Type, byte[] Content)
{
    // Elf64_Nhdr: namesz, descsz, type; name and content are padded to four bytes (Linux, include/uapi/linux/elf.h; elf(5)).
    private const int HeaderSize = 12;

    /// <summary>Its size in the file, in bytes.</summary>
    public int Length => HeaderSize + Padded(Owner.Length + 1) + Padded(Content.Length);

    /// <summary>Writes the note.</summary>
    /// <param name="destination">A zeroed buffer of <see cref="Length"/> bytes.</param>
    public void WriteTo(Span<byte> destination)
    {
        var fields = new LittleEndianFields(destination);
        fields.Write(0, Owner.Length + 1);
        fields.Write(4, Content.Length);
        fields.Write(8, Type);
        Encoding.ASCII.GetBytes(Owner, destination[HeaderSize..]);
        fields.Write(HeaderSize + Padded(Owner.Length + 1), Content);
    }

    private static int Padded(int length) => (length + 3) & ~3;
}
