using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu.Files;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Memory;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Processes;

/// <summary>Builds a <see cref="CheckpointProcess"/> from the images of a task.</summary>
internal sealed class ProcessBuilder(CheckpointImages images, bool includeEnvironment)
{
    private readonly FilePaths _files = new(images);

    /// <summary>The bytes of the pages files that <see cref="Build"/> will read.</summary>
    public IEnumerable<MemberRange> FindRanges(TaskNode task) =>
        FindStrings(task) is { } strings ? strings.FindRanges(images.Content, includeEnvironment) : [];

    /// <summary>Reads the images of a task and its arguments and environment.</summary>
    public CheckpointProcess Build(TaskNode task)
    {
        var id = task.Entry.Pid;
        var core = images.ReadCore(id);
        var process = WithCredentials(Start(task, core), core, Credentials(core, id));
        if (images.Mm(id) is not { } mm)
            return process with { CommandLine = "", Arguments = [] };
        process = WithFiles(process, mm, images.Fs(id));
        return WithMemory(WithStrings(process, FindStrings(task)!), images.Memory(id)!);
    }

    private ProcessStrings? FindStrings(TaskNode task) => images.Mm(task.Entry.Pid) is { } mm && images.Memory(task.Entry.Pid) is { } memory
        ? new ProcessStrings(mm, memory, images.PageSize, images.Content.Archive.Budget)
        : null;

    private CheckpointProcess Start(TaskNode task, CoreEntry? core)
    {
        var status = core?.Tc?.ExitCode;
        var state = StateOf(core?.Tc);
        return new CheckpointProcess
        {
            ArchivePath = images.Content.Path,
            Id = task.Id,
            ParentId = (int)task.Entry.Ppid,
            ProcessGroupId = (int)task.Entry.Pgid,
            SessionId = (int)task.Entry.Sid,
            Name = task.Name,
            State = state,
            ExitCode = state == CheckpointProcessState.Zombie && (status & 0x7f) == 0 ? (int?)(status >> 8 & 0xff) : null,
            ExitSignal = state == CheckpointProcessState.Zombie && (status & 0x7f) != 0 ? (int?)(status & 0x7f) : null,
            StopSignal = core?.Tc is { HasStopSigno: true } stopped ? (int)stopped.StopSigno : null,
            OomScoreAdjustment = core?.Tc is { HasOomScoreAdj: true } scored ? scored.OomScoreAdj : null,
            Threads = [.. Threads(task.Entry, task.Name)],
            Depth = task.Depth,
            TreePrefix = task.Prefix,
        };
    }

    // CRIU writes COMPEL_TASK_DEAD for a zombie; COMPEL_TASK_ZOMBIE is its internal state, included in case it is ever written.
    private static CheckpointProcessState StateOf(TaskCoreEntry? task) => task?.TaskState switch
    {
        1 => CheckpointProcessState.Alive,
        2 or 6 => CheckpointProcessState.Zombie,
        3 => CheckpointProcessState.Stopped,
        _ => CheckpointProcessState.Unknown,
    };

    // CRIU writes 0 for the thread of a zombie.
    private IEnumerable<CheckpointThread> Threads(PstreeEntry task, string name)
    {
        foreach (var thread in task.Threads)
        {
            yield return thread == 0 || thread == task.Pid
                ? new CheckpointThread((int)task.Pid, name)
                : new CheckpointThread((int)thread, images.ReadCore(thread)?.ThreadCore?.Comm);
        }
    }

    // CRIU before 1.7 kept them in a separate image.
    private CredsEntry? Credentials(CoreEntry? core, uint id) =>
        core?.ThreadCore?.Creds ?? images.ReadFirst<CredsEntry>(CheckpointImages.Name("creds", id), CriuImageType.ByName["CREDS"]);

    private static CheckpointProcess WithCredentials(CheckpointProcess process, CoreEntry? core, CredsEntry? credentials) => credentials is null
        ? process
        : process with
        {
            UserId = credentials.Uid,
            GroupId = credentials.Gid,
            EffectiveUserId = credentials.Euid,
            EffectiveGroupId = credentials.Egid,
            SavedUserId = credentials.Suid,
            SavedGroupId = credentials.Sgid,
            FileSystemUserId = credentials.Fsuid,
            FileSystemGroupId = credentials.Fsgid,
            Groups = [.. credentials.Groups],
            Capabilities = new CheckpointCapabilities(
                CapabilityNames.Of(credentials.CapEff),
                CapabilityNames.Of(credentials.CapPrm),
                CapabilityNames.Of(credentials.CapInh),
                CapabilityNames.Of(credentials.CapBnd),
                CapabilityNames.Of(credentials.CapAmb)),
            NoNewPrivileges = credentials.NoNewPrivs != 0,
            SeccompMode = (SeccompMode)(core?.ThreadCore is { HasSeccompMode: true } thread ? thread.SeccompMode : core?.Tc?.OldSeccompMode ?? 0),
            LsmLabel = credentials.LsmProfile.Length > 0 ? credentials.LsmProfile : null,
            Nice = core?.ThreadCore is { HasSchedNice: true } scheduled ? scheduled.SchedNice : null,
        };

    private CheckpointProcess WithFiles(CheckpointProcess process, MmEntry mm, FsEntry? fs) => process with
    {
        Path = _files.Find(mm.ExeFileId),
        IsPathDeleted = _files.IsDeleted(mm.ExeFileId),
        WorkingDirectory = fs is null ? null : _files.Find(fs.CwdId),
        Root = fs is null ? null : _files.Find(fs.RootId),
        Umask = fs is { HasUmask: true } ? Convert.ToString((int)fs.Umask, 8).PadLeft(3, '0') : null,
    };

    private CheckpointProcess WithStrings(CheckpointProcess process, ProcessStrings strings)
    {
        var line = strings.ReadCommandLine();
        process = process with
        {
            CommandLine = line.Text,
            Arguments = line.Arguments,
            IsCommandLineOverwritten = line.IsOverwritten,
            IsCommandLineComplete = line.IsComplete,
        };
        if (!includeEnvironment)
            return process;
        var environment = strings.ReadEnvironment(line);
        return process with { Environment = environment, IsEnvironmentComplete = strings.IsEnvironmentComplete };
    }

    private static CheckpointProcess WithMemory(CheckpointProcess process, AddressSpace memory) => process with
    {
        MemorySize = memory.PrivatePages?.Pagemap.Runs.Where(run => run.IsPresent).Sum(run => run.Length) ?? 0,
        SharedMemorySize = memory.Maps.Where(map => map.IsSharedMemory).Aggregate(0L, (total, map) => Saturated(total, memory.StoredBytes(map))),
    };

    private static long Saturated(long total, long more) => total > long.MaxValue - more ? long.MaxValue : total + more;
}
