using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.CoreDumps;

/// <summary>How the core files of an architecture hold the registers of a thread.</summary>
internal abstract class RegisterFormat
{
    /// <summary>OCI's word for the architecture.</summary>
    public abstract string Architecture { get; }

    /// <summary>e_machine of the ELF header.</summary>
    public abstract ushort Machine { get; }

    /// <summary>The size of user_regs_struct, in bytes.</summary>
    public abstract int GeneralSize { get; }

    /// <summary>The format for the architecture of a core image, or null where no core file is written for it.</summary>
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
    /// <exception cref="KubeCheckpointException">CriuImageDamaged where an array of registers has not the length it must have.</exception>
    public abstract IEnumerable<ElfNote> OtherNotes(CoreEntry core, CriuImageName image);

    /// <summary>Refuses an array that has not as many items as the architecture has registers of this kind.</summary>
    protected static void CheckCount(CriuImageName image, string array, int count, int expected)
    {
        if (count != expected)
            throw CriuFailure.CriuImageDamaged(image, 0, $"it has {count} items of {array} where {expected} must be");
    }
}
