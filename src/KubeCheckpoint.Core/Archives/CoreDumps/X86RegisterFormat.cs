using System.Collections;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.CoreDumps;

/// <summary>
/// x86_64: user_regs_struct and user_i387_struct of Linux (arch/x86/include/asm/user_64.h), and the XSAVE area in its standard form
/// (Intel SDM, volume 1, 13.4), which CRIU's images hold component by component.
/// </summary>
internal sealed class X86RegisterFormat : RegisterFormat
{
    public static readonly X86RegisterFormat Instance = new();

    private const int LegacySize = 512;
    private const int ExtendedHeader = 512;

    // Linux and gdb store the features of the processor, XCR0, in the bytes that FXSAVE leaves to software.
    private const int FeatureMask = 464;

    // x87 and SSE, which are in the legacy area.
    private const ulong LegacyFeatures = 0b11;

    public override string Architecture => "amd64";

    /// <inheritdoc/>
    /// <remarks>EM_X86_64.</remarks>
    public override ushort Machine => 62;

    public override int GeneralSize => 27 * sizeof(ulong);

    public override void WriteGeneral(CoreEntry core, CriuImageName image, Span<byte> destination)
    {
        var registers = core.ThreadInfo?.Gpregs ?? throw CriuFailure.CriuImageDamaged(image, 0, "it has no registers of x86_64");
        ulong[] values =
        [
            registers.R15, registers.R14, registers.R13, registers.R12, registers.Bp, registers.Bx, registers.R11, registers.R10,
            registers.R9, registers.R8, registers.Ax, registers.Cx, registers.Dx, registers.Si, registers.Di, registers.OrigAx,
            registers.Ip, registers.Cs, registers.Flags, registers.Sp, registers.Ss, registers.FsBase, registers.GsBase,
            registers.Ds, registers.Es, registers.Fs, registers.Gs,
        ];
        new LittleEndianFields(destination).Write(0, values);
    }

    public override bool HasFloatingPoint(CoreEntry core) => core.ThreadInfo?.Fpregs is not null;

    public override IEnumerable<ElfNote> OtherNotes(CoreEntry core, CriuImageName image)
    {
        if (core.ThreadInfo?.Fpregs is not { } registers)
            yield break;
        var legacy = new byte[LegacySize];
        WriteLegacy(registers, image, legacy);
        yield return new ElfNote(ElfNoteType.Core, ElfNoteType.FloatingPoint, legacy);
        if (registers.Xsave is { } extended && WriteExtended(extended, image, legacy) is { } state)
            yield return new ElfNote(ElfNoteType.Linux, ElfNoteType.X86ExtendedState, state);
    }

    private static void WriteLegacy(UserX86FpregsEntry registers, CriuImageName image, Span<byte> destination)
    {
        CheckCount(image, "st_space", registers.StSpace.Count, 32);
        CheckCount(image, "xmm_space", registers.XmmSpace.Count, 64);
        var fields = new LittleEndianFields(destination);
        fields.Write(0, (ushort)registers.Cwd);
        fields.Write(2, (ushort)registers.Swd);
        fields.Write(4, (ushort)registers.Twd);
        fields.Write(6, (ushort)registers.Fop);
        fields.Write(8, registers.Rip);
        fields.Write(16, registers.Rdp);
        fields.Write(24, registers.Mxcsr);
        fields.Write(28, registers.MxcsrMask);
        fields.Write(32, registers.StSpace);
        fields.Write(160, registers.XmmSpace);
    }

    // Offsets are those of Intel processors, whatever the source was: CRIU keeps components, not the area, and gdb takes the
    // layout from XCR0 and the size (gdb, i387_guess_xsave_layout), so that the size must be one it knows.
    private static byte[]? WriteExtended(UserX86XsaveEntry state, CriuImageName image, ReadOnlySpan<byte> legacy)
    {
        var components = Components(state).Where(component => component.Count > 0).ToList();
        foreach (var component in components)
            CheckCount(image, component.Name, component.Count, component.Expected);
        if (components.Count == 0)
            return null;
        var features = components.Aggregate(LegacyFeatures, (mask, component) => mask | 1UL << component.Feature);
        var area = new byte[components.Max(component => component.End)];
        legacy.CopyTo(area);
        var fields = new LittleEndianFields(area);
        fields.Write(FeatureMask, features);
        fields.Write(ExtendedHeader, state.XstateBv & features);
        foreach (var component in components)
            Write(fields, component);
        return area;
    }

    private static void Write(LittleEndianFields fields, Component component)
    {
        if (component.Values is IEnumerable<uint> words)
            fields.Write(component.Offset, words);
        else
            fields.Write(component.Offset, (IEnumerable<ulong>)component.Values);
    }

    private static Component[] Components(UserX86XsaveEntry state) =>
    [
        new("ymmh_space", 2, 576, 832, state.YmmhSpace, state.YmmhSpace.Count, 64),
        new("bndreg_state", 3, 960, 1024, state.BndregState, state.BndregState.Count, 8),
        new("bndcsr_state", 4, 1024, 1088, state.BndcsrState, state.BndcsrState.Count, 8),
        new("opmask_reg", 5, 1088, 1152, state.OpmaskReg, state.OpmaskReg.Count, 8),
        new("zmm_upper", 6, 1152, 1664, state.ZmmUpper, state.ZmmUpper.Count, 64),
        new("hi16_zmm", 7, 1664, 2688, state.Hi16Zmm, state.Hi16Zmm.Count, 128),
        new("pkru", 9, 2688, 2696, state.Pkru, state.Pkru.Count, 2),
    ];

    /// <summary>A component of the XSAVE area.</summary>
    /// <param name="Name">The field of the image.</param>
    /// <param name="Feature">Its bit in XCR0.</param>
    /// <param name="Offset">Where it begins in the area.</param>
    /// <param name="End">Where the next begins.</param>
    /// <param name="Values">Its words.</param>
    /// <param name="Count">The number of words in the image.</param>
    /// <param name="Expected">The expected number.</param>
    private sealed record Component(string Name, int Feature, int Offset, int End, IEnumerable Values, int Count, int Expected);
}
