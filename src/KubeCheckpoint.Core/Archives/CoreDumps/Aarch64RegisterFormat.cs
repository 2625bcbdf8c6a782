using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.CoreDumps;

/// <summary>aarch64: user_pt_regs and user_fpsimd_state of Linux (arch/arm64/include/uapi/asm/ptrace.h).</summary>
internal sealed class Aarch64RegisterFormat : RegisterFormat
{
    public static readonly Aarch64RegisterFormat Instance = new();

    private const int GeneralCount = 31;
    private const int VectorHalves = 64;
    private const int FloatingPointSize = 528;

    public override string Architecture => "arm64";

    /// <inheritdoc/>
    /// <remarks>EM_AARCH64.</remarks>
    public override ushort Machine => 183;

    public override int GeneralSize => (GeneralCount + 3) * sizeof(ulong);

    public override void WriteGeneral(CoreEntry core, CriuImageName image, Span<byte> destination)
    {
        var registers = core.TiAarch64?.Gpregs ?? throw CriuFailure.CriuImageDamaged(image, 0, "it has no registers of aarch64");
        CheckCount(image, "regs", registers.Regs.Count, GeneralCount);
        new LittleEndianFields(destination).Write(0, [.. registers.Regs, registers.Sp, registers.Pc, registers.Pstate]);
    }

    public override bool HasFloatingPoint(CoreEntry core) => core.TiAarch64?.Fpsimd is not null;

    public override IEnumerable<ElfNote> OtherNotes(CoreEntry core, CriuImageName image)
    {
        if (core.TiAarch64 is not { } thread)
            yield break;
        if (thread.Fpsimd is { } registers)
            yield return new ElfNote(ElfNoteType.Core, ElfNoteType.FloatingPoint, FloatingPoint(registers, image));
        if (thread.HasTls)
            yield return Keys(ElfNoteType.ArmThreadPointer, thread.Tls);
        if (thread.PacKeys?.PacAddressKeys is { } keys)
        {
            yield return Keys(
                ElfNoteType.ArmAddressKeys,
                keys.ApiakeyLo, keys.ApiakeyHi, keys.ApibkeyLo, keys.ApibkeyHi, keys.ApdakeyLo, keys.ApdakeyHi, keys.ApdbkeyLo, keys.ApdbkeyHi);
            yield return Keys(ElfNoteType.ArmEnabledKeys, keys.PacEnabledKey);
        }
        if (thread.PacKeys?.PacGenericKeys is { } generic)
            yield return Keys(ElfNoteType.ArmGenericKeys, generic.ApgakeyLo, generic.ApgakeyHi);
    }

    private static byte[] FloatingPoint(UserAarch64FpsimdContextEntry registers, CriuImageName image)
    {
        CheckCount(image, "vregs", registers.Vregs.Count, VectorHalves);
        var content = new byte[FloatingPointSize];
        var fields = new LittleEndianFields(content);
        fields.Write(0, registers.Vregs);
        fields.Write(512, registers.Fpsr);
        fields.Write(516, registers.Fpcr);
        return content;
    }

    private static ElfNote Keys(uint type, params ulong[] values)
    {
        var content = new byte[values.Length * sizeof(ulong)];
        new LittleEndianFields(content).Write(0, values);
        return new ElfNote(ElfNoteType.Linux, type, content);
    }
}
