using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.CoreDumps;

/// <summary>The layout of a thread's registers in the core files of an architecture.</summary>
internal abstract class RegisterFormat
{
    /// <summary>The architecture by its OCI name.</summary>
    public abstract string Architecture { get; }

    /// <summary>e_machine of the ELF header.</summary>
    public abstract ushort Machine { get; }

    /// <summary>The size of user_regs_struct, in bytes.</summary>
    public abstract int GeneralSize { get; }

    /// <summary>The format for an architecture, or null where core files are not supported.</summary>
    public static RegisterFormat? Find(CoreEntry.Types.March architecture) => architecture switch
    {
        CoreEntry.Types.March.X8664 => X86RegisterFormat.Instance,
        CoreEntry.Types.March.Aarch64 => Aarch64RegisterFormat.Instance,
        _ => null,
    };

    /// <summary>Writes user_regs_struct.</summary>
    /// <exception cref="KubeCheckpointException">CriuImageDamaged where the image has no registers, or too few.</exception>
    public abstract void WriteGeneral(CoreEntry core, CriuImageName image, Span<byte> destination);

    /// <summary>Whether the image has floating point registers.</summary>
    public abstract bool HasFloatingPoint(CoreEntry core);

    /// <summary>The notes of all other registers.</summary>
    /// <exception cref="KubeCheckpointException">CriuImageDamaged where an array of registers has the wrong length.</exception>
    public abstract IEnumerable<ElfNote> OtherNotes(CoreEntry core, CriuImageName image);

    /// <summary>Throws where the length of an array does not match the architecture's registers.</summary>
    protected static void CheckCount(CriuImageName image, string array, int count, int expected)
    {
        if (count != expected)
            throw CriuFailure.CriuImageDamaged(image, 0, $"it has {count} items of {array} instead of {expected}");
    }
}
