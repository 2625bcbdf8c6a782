using System.Buffers.Binary;
using System.Text;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Memory;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.CoreDumps;

/// <summary>
/// The notes of a core file, in the kernel's order: status of the main thread, the process, its other registers, then the other
/// threads (Linux, fs/binfmt_elf.c; structs of include/linux/elfcore.h, which are the same on x86_64 and aarch64).
/// </summary>
internal sealed class CoreNotes(CoreProcess process)
{
    // elf_prstatus: 112 bytes, user_regs_struct, pr_fpvalid, padded to a multiple of eight.
    private const int StatusRegisters = 112;
    private const int InfoSize = 136;
    private const int NameSize = 16;
    private const int ArgumentsSize = 80;
    private const int SignalInfoSize = 128;

    // AT_VECTOR_SIZE of all architectures is below 100 words.
    private const int AuxiliaryPairs = 512;

    // Room for 65530 maps, vm.max_map_count of the kernel, of files with long names.
    private const int MappedFilesSize = 64 * 1024 * 1024;
    private const int PathSize = 4096;

    private const uint TaskStopped = 3;

    /// <summary>All notes, thread by thread.</summary>
    /// <returns>The notes of a thread together.</returns>
    public IEnumerable<IReadOnlyList<ElfNote>> Read(CancellationToken cancellationToken)
    {
        foreach (var (id, core) in process.Threads())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var image = process.ImageOf(id);
            var isMain = id == process.Task.Pid;
            yield return
            [
                Status(id, core, image),
                .. isMain ? ProcessNotes() : [],
                .. process.Registers.OtherNotes(core, image),
            ];
        }
    }

    private ElfNote[] ProcessNotes() => [Info(), SignalInfo(), AuxiliaryVector(), .. MappedFiles()];

    private ElfNote Status(uint thread, CoreEntry core, CriuImageName image)
    {
        var registers = process.Registers;
        if (core.Mtype != process.Core.Mtype)
            throw CriuFailure.CriuImageDamaged(image, 0, $"its architecture is {core.Mtype}, but that of the main thread is {process.Core.Mtype}");
        var content = new byte[(StatusRegisters + registers.GeneralSize + sizeof(int) + 7) & ~7];
        var fields = new LittleEndianFields(content);
        fields.Write(0, Signal);
        fields.Write(12, (ushort)Signal);
        fields.Write(16, PendingSignals(core));
        fields.Write(24, core.ThreadCore is { HasBlkSigset: true } state ? state.BlkSigset : core.Tc?.BlkSigset ?? 0);
        fields.Write(32, thread);
        fields.Write(36, process.Task.Ppid);
        fields.Write(40, process.Task.Pgid);
        fields.Write(44, process.Task.Sid);
        registers.WriteGeneral(core, image, content.AsSpan(StatusRegisters, registers.GeneralSize));
        fields.Write(StatusRegisters + registers.GeneralSize, registers.HasFloatingPoint(core) ? 1 : 0);
        return new ElfNote(ElfNoteType.Core, ElfNoteType.Status, content);
    }

    // A checkpoint is not a crash: there is a signal only if one had stopped the process before.
    private int Signal => process.Core.Tc is { TaskState: TaskStopped } task ? (int)task.StopSigno & 0x7f : 0;

    private static ulong PendingSignals(CoreEntry core)
    {
        var pending = 0UL;
        foreach (var entry in core.ThreadCore?.SignalsP?.Signals ?? [])
        {
            // siginfo_t begins with si_signo; signals count from 1, and the set has 64.
            if (entry.Siginfo.Length >= sizeof(int) && BinaryPrimitives.ReadInt32LittleEndian(entry.Siginfo.Span) is var signal and >= 1 and <= 64)
                pending |= 1UL << (signal - 1);
        }
        return pending;
    }

    private ElfNote Info()
    {
        var content = new byte[InfoSize];
        var fields = new LittleEndianFields(content);
        var isStopped = process.Core.Tc?.TaskState == TaskStopped;
        fields.Write(0, (byte)(isStopped ? 3 : 0));
        fields.Write(1, (byte)(isStopped ? 'T' : 'R'));
        fields.Write(3, (byte)(process.Core.ThreadCore?.SchedNice ?? 0));
        fields.Write(8, (ulong)(process.Core.Tc?.Flags ?? 0));
        fields.Write(16, process.Credentials?.Uid ?? 0);
        fields.Write(20, process.Credentials?.Gid ?? 0);
        fields.Write(24, process.Task.Pid);
        fields.Write(28, process.Task.Ppid);
        fields.Write(32, process.Task.Pgid);
        fields.Write(36, process.Task.Sid);
        WriteText(content.AsSpan(40, NameSize), Encoding.UTF8.GetBytes(process.Core.Tc?.Comm ?? ""));
        WriteText(content.AsSpan(40 + NameSize, ArgumentsSize), Arguments());
        return new ElfNote(ElfNoteType.Core, ElfNoteType.ProcessInfo, content);
    }

    private byte[] Arguments()
    {
        var (start, end) = (process.Mm.MmArgStart, process.Mm.MmArgEnd);
        if (end <= start)
            return [];
        var text = new byte[(int)Math.Min(end - start, ArgumentsSize - 1)];
        text = text[..process.Memory.Read(start, text)];
        text.AsSpan().Replace((byte)0, (byte)' ');
        return text;
    }

    private ElfNote SignalInfo()
    {
        var content = new byte[SignalInfoSize];
        new LittleEndianFields(content).Write(0, Signal);
        return new ElfNote(ElfNoteType.Core, ElfNoteType.SignalInfo, content);
    }

    private ElfNote AuxiliaryVector()
    {
        var pairs = new AuxiliaryVector(process.Mm.MmSavedAuxv).Entries.TakeWhile(pair => pair.Type != 0).Take(AuxiliaryPairs);
        ulong[] words = [.. pairs.SelectMany(pair => new[] { pair.Type, pair.Value }), 0, 0];
        var content = new byte[words.Length * sizeof(ulong)];
        new LittleEndianFields(content).Write(0, words);
        return new ElfNote(ElfNoteType.Core, ElfNoteType.AuxiliaryVector, content);
    }

    // Count, page size, {start, end, offset in pages} of each map, then their names.
    private IEnumerable<ElfNote> MappedFiles()
    {
        var maps = process.Memory.Maps.Select(map => (Map: map, Name: process.FileOf(map))).Where(file => file.Name is not null).ToList();
        if (maps.Count == 0)
            yield break;
        var names = new MemoryStream();
        foreach (var (map, name) in maps)
            WriteName(names, map, name!);
        var size = 16 + maps.Count * 24;
        var content = new byte[size + (int)names.Length];
        var fields = new LittleEndianFields(content);
        fields.Write(0, (ulong)maps.Count);
        fields.Write(8, (ulong)process.PageSize);
        fields.Write(16, maps.SelectMany(file => new[] { file.Map.Start, file.Map.End, file.Map.Entry.Pgoff / (ulong)process.PageSize }));
        fields.Write(size, names.GetBuffer().AsSpan(0, (int)names.Length));
        yield return new ElfNote(ElfNoteType.Core, ElfNoteType.MappedFiles, content);
    }

    private void WriteName(MemoryStream names, Vma map, string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        if (bytes.Length >= PathSize || names.Length > MappedFilesSize || bytes.Contains((byte)0))
            throw CriuFailure.CriuImageDamaged(process.ImageOf("files.img"), 0, $"the file mapped at 0x{map.Start:x} has an invalid name");
        names.Write(bytes);
        names.WriteByte(0);
    }

    private static void WriteText(Span<byte> destination, ReadOnlySpan<byte> text) =>
        text[..Math.Min(text.Length, destination.Length - 1)].CopyTo(destination);
}
