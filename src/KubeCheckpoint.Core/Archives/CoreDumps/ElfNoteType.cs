namespace KubeCheckpoint.Archives.CoreDumps;

/// <summary>The notes of a core file (Linux, include/uapi/linux/elf.h).</summary>
internal static class ElfNoteType
{
    public const string Core = "CORE";
    public const string Linux = "LINUX";

    /// <summary>NT_PRSTATUS: general registers of a thread. Notes of registers that follow belong to the same thread.</summary>
    public const uint Status = 1;

    /// <summary>NT_PRFPREG, which gdb calls NT_FPREGSET: floating point registers.</summary>
    public const uint FloatingPoint = 2;

    /// <summary>NT_PRPSINFO: names and ids of the process.</summary>
    public const uint ProcessInfo = 3;

    /// <summary>NT_AUXV: the auxiliary vector.</summary>
    public const uint AuxiliaryVector = 6;

    /// <summary>NT_SIGINFO, 'SIGI': the signal that stopped it.</summary>
    public const uint SignalInfo = 0x53494749;

    /// <summary>NT_FILE, 'FILE': which files are mapped where.</summary>
    public const uint MappedFiles = 0x46494c45;

    /// <summary>NT_X86_XSTATE: the XSAVE area.</summary>
    public const uint X86ExtendedState = 0x202;

    /// <summary>NT_ARM_TLS: the thread pointer.</summary>
    public const uint ArmThreadPointer = 0x401;

    /// <summary>NT_ARM_PACA_KEYS: the keys of pointer authentication for addresses.</summary>
    public const uint ArmAddressKeys = 0x407;

    /// <summary>NT_ARM_PACG_KEYS: the generic key of pointer authentication.</summary>
    public const uint ArmGenericKeys = 0x408;

    /// <summary>NT_ARM_PAC_ENABLED_KEYS: which keys are enabled.</summary>
    public const uint ArmEnabledKeys = 0x40a;
}
