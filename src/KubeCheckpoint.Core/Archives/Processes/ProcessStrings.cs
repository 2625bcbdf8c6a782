using System.Buffers.Binary;
using System.Collections.ObjectModel;
using System.Text;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Budgets;
using KubeCheckpoint.Criu.Memory;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Processes;

/// <summary>The arguments and environment that the kernel put on the stack of a process, or what the process wrote over them.</summary>
internal sealed class ProcessStrings(MmEntry mm, AddressSpace memory, int pageSize, ArchiveBudget budget)
{
    // Linux, fs/exec.c, bprm_set_stack_limits: arguments and environment together take at most three quarters of _STK_LIM, 8 MiB.
    private const ulong Limit = 6 * 1024 * 1024;

    private const int TextCost = 8;

    private const int ArgumentCountSize = sizeof(uint);

    private ulong ArgumentCountEnd => Math.Min(mm.MmStartStack, ulong.MaxValue - ArgumentCountSize) + ArgumentCountSize;

    private ulong ArgumentsEnd => Math.Min(mm.MmArgEnd, Capped(mm.MmArgStart));

    private ulong EnvironmentEnd => Math.Min(mm.MmEnvEnd, Capped(mm.MmEnvStart));

    // Linux, fs/proc/base.c, get_mm_cmdline: a title may extend into the environment, and has at most a page.
    private ulong TitleEnd => mm.MmEnvStart == mm.MmArgEnd && mm.MmEnvEnd > mm.MmEnvStart && mm.MmArgStart <= ulong.MaxValue - (ulong)pageSize
        ? Math.Min(mm.MmArgStart + (ulong)pageSize, EnvironmentEnd)
        : ArgumentsEnd;

    /// <summary>Whether the archive holds all of the environment; known when it has been read.</summary>
    public bool IsEnvironmentComplete { get; private set; } = true;

    /// <summary>The ranges of the pages files that will be read, without duplicates.</summary>
    public IEnumerable<MemberRange> FindRanges(CheckpointContent content, bool includeEnvironment)
    {
        var (start, end) = (mm.MmArgStart, Math.Max(ArgumentsEnd, TitleEnd));
        var ranges = MemoryRanges.Find(content, memory, mm.MmStartStack, ArgumentCountEnd);
        if (!includeEnvironment)
            return ranges.Concat(MemoryRanges.Find(content, memory, start, end));
        return mm.MmEnvStart >= start && mm.MmEnvStart <= end
            ? ranges.Concat(MemoryRanges.Find(content, memory, start, Math.Max(end, EnvironmentEnd)))
            : ranges.Concat(MemoryRanges.Find(content, memory, start, end)).Concat(MemoryRanges.Find(content, memory, mm.MmEnvStart, EnvironmentEnd));
    }

    /// <summary>Reads the arguments, or the title in their place.</summary>
    public ProcessCommandLine ReadCommandLine()
    {
        if (mm.MmArgEnd <= mm.MmArgStart)
            return new ProcessCommandLine([], false, true, mm.MmArgEnd);
        var bytes = Read(mm.MmArgStart, ArgumentsEnd, out var isWhole);
        var isComplete = isWhole && ArgumentsEnd == mm.MmArgEnd;
        if (bytes.Length == 0)
            return new ProcessCommandLine(null, false, false, mm.MmArgEnd);
        if (isComplete && bytes[^1] != 0)
            return ReadTitle();
        var arguments = Split(bytes);
        if (!isComplete || ReadArgumentCount() is not { } count || count == (uint)arguments.Count)
            return new ProcessCommandLine(arguments, false, isComplete, mm.MmArgEnd);
        // The original was overwritten. Zeros pad a title, or replace a secret.
        return new ProcessCommandLine(Trimmed(arguments), true, true, mm.MmArgEnd);
    }

    /// <summary>Reads the environment, or null where the archive has nothing of it.</summary>
    /// <param name="line">What <see cref="ReadCommandLine"/> found: its title may have run into the environment.</param>
    public IReadOnlyDictionary<string, string>? ReadEnvironment(ProcessCommandLine line)
    {
        var start = Math.Max(mm.MmEnvStart, mm.MmEnvStart == mm.MmArgEnd ? line.End : 0);
        if (EnvironmentEnd <= start)
            return ReadOnlyDictionary<string, string>.Empty;
        var bytes = Read(start, EnvironmentEnd, out var isWhole);
        IsEnvironmentComplete = isWhole && EnvironmentEnd == mm.MmEnvEnd;
        return bytes.Length == 0 ? null : new ReadOnlyDictionary<string, string>(Variables(bytes));
    }

    private ProcessCommandLine ReadTitle()
    {
        var bytes = Read(mm.MmArgStart, TitleEnd, out _);
        var length = bytes.AsSpan().IndexOf((byte)0);
        var title = Encoding.UTF8.GetString(bytes.AsSpan(0, length < 0 ? bytes.Length : length));
        return new ProcessCommandLine(Trimmed([title]), true, true, mm.MmArgStart + (ulong)(length < 0 ? bytes.Length : length + 1));
    }

    private static List<string> Trimmed(List<string> strings) => [.. strings.Select(text => text.Trim()).Where(text => text.Length > 0)];

    private static OrderedDictionary<string, string> Variables(ReadOnlySpan<byte> bytes)
    {
        var variables = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in Split(bytes))
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
                variables.TryAdd(text[..equals], text[(equals + 1)..]);
        }
        return variables;
    }

    private static List<string> Split(ReadOnlySpan<byte> bytes)
    {
        var strings = new List<string>();
        while (!bytes.IsEmpty)
        {
            var length = bytes.IndexOf((byte)0);
            strings.Add(Encoding.UTF8.GetString(length < 0 ? bytes : bytes[..length]));
            bytes = length < 0 ? [] : bytes[(length + 1)..];
        }
        return strings;
    }

    // The kernel puts it at the start of the stack (Linux, fs/binfmt_elf.c, create_elf_tables), and programs do not change it.
    private uint? ReadArgumentCount()
    {
        Span<byte> count = stackalloc byte[ArgumentCountSize];
        return TryRead(mm.MmStartStack, count) == count.Length ? BinaryPrimitives.ReadUInt32LittleEndian(count) : null;
    }

    private byte[] Read(ulong start, ulong end, out bool isWhole)
    {
        // No more memory is allocated than the archive has pages for.
        var held = 0L;
        foreach (var extent in memory.Extents(start, end))
        {
            if (extent.Store is null || extent.Address != start + (ulong)held)
                break;
            held += extent.Length;
        }
        // Of zeros, each is a string of its own.
        budget.DrawOutput(TextCost * held, "the arguments and environment of its processes");
        var bytes = new byte[held];
        var read = TryRead(start, bytes);
        isWhole = (ulong)read == end - start;
        return read == bytes.Length ? bytes : bytes[..read];
    }

    // A missing or truncated pages file does not affect the rest.
    private int TryRead(ulong address, Span<byte> buffer)
    {
        try
        {
            return memory.Read(address, buffer);
        }
        catch (KubeCheckpointException failure) when (failure.ErrorId
            is nameof(Criu.CriuFailure.CriuImageDamaged) or nameof(ArchiveFailure.ArchiveMemberMissing))
        {
            return 0;
        }
    }

    private static ulong Capped(ulong start) => start > ulong.MaxValue - Limit ? ulong.MaxValue : start + Limit;
}

/// <summary>The arguments of a process, read from its memory.</summary>
/// <param name="Arguments">The arguments, or null where the archive holds none of them.</param>
/// <param name="IsOverwritten">Whether the process wrote over them.</param>
/// <param name="IsComplete">Whether they are all there.</param>
/// <param name="End">The address after them.</param>
internal sealed record ProcessCommandLine(IReadOnlyList<string>? Arguments, bool IsOverwritten, bool IsComplete, ulong End)
{
    /// <summary>The arguments joined by spaces.</summary>
    public string? Text => Arguments is null ? null : string.Join(' ', Arguments);
}
