using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Checks;

/// <summary>Finds what CRIU accepts in a dump and refuses in a restore, by CRIU 4.2. The archive is whole all the same.</summary>
internal static class RestoreObstacles
{
    private const string StartFromFile =
        "Start the program from a file instead of from memory (memfd_create and fexecve), and checkpoint the container again.";

    private const string KeepTheName =
        "Checkpoint when no process holds that file open, or let the program keep one of the file's names as long as it is open.";

    /// <summary>The obstacles, in the order of the processes.</summary>
    /// <exception cref="KubeCheckpointException">CriuImageDamaged, and the failures of reading rootfs-diff.tar.</exception>
    public static IReadOnlyList<RestoreObstacle> Find(CheckpointImages images, CancellationToken cancellationToken)
    {
        if (!images.Content.HasImages || images.Content.IsPreCheckpoint)
            return [];
        var obstacles = new List<RestoreObstacle>();
        foreach (var task in images.Tasks)
        {
            cancellationToken.ThrowIfCancellationRequested();
            AddProcess(images, task.Pid, obstacles);
        }
        AddLinks(images, obstacles, cancellationToken);
        return obstacles;
    }

    /// <summary>
    /// The executable, the working directory and the root are opened as regular files only (CRIU, criu/cr-restore.c prepare_mm and
    /// criu/files-reg.c try_collect_special_file: "No entry for reg-file-ID"). A dump writes an executable in memory as a memfd
    /// (criu/files-reg.c dump_one_reg_file_cond and criu/memfd.c dump_one_memfd_cond), which is another kind of file.
    /// </summary>
    private static void AddProcess(CheckpointImages images, uint processId, List<RestoreObstacle> obstacles)
    {
        if (images.Mm(processId) is { } mm)
            AddFile(images, processId, mm.ExeFileId, "Executable", $"mm-{processId}.img", "runs an executable that is no file", StartFromFile, obstacles);
        if (images.Fs(processId) is not { } fs)
            return;
        const string Elsewhere = "Let it change to another folder, and checkpoint the container again.";
        AddFile(images, processId, fs.CwdId, "WorkingDirectory", $"fs-{processId}.img", "has a working directory that is no folder", Elsewhere, obstacles);
        AddFile(images, processId, fs.RootId, "RootDirectory", $"fs-{processId}.img", "has a root that is no folder", Elsewhere, obstacles);
    }

    private static void AddFile(
        CheckpointImages images, uint processId, uint fileId, string check, string image, string what, string cure, List<RestoreObstacle> obstacles)
    {
        // A missing file is damage, which the check of files finds.
        if (images.Files.GetValueOrDefault(fileId) is not { } file || file.Type == FdTypes.Reg)
            return;
        var name = file.Memfd is { } memfd && images.MemfdInode(memfd.InodeId) is { } inode
            ? $"memfd '{TerminalText.Line(inode.Name)}'"
            : file.Type.ToString();
        var process = images.Core(processId)?.Tc?.Comm is { Length: > 0 } comm ? $"{processId} ({TerminalText.Line(comm)})" : $"{processId}";
        obstacles.Add(new RestoreObstacle(check, image, $"Process {process} {what}: {name}. CRIU dumps it and does not restore it.", cure));
    }

    /// <summary>
    /// An open file whose name was removed and that has another name gets a temporary one, link_remap.N, under which a restore opens it (CRIU,
    /// criu/files-reg.c create_link_remap and open_path). Where the processes run on after the dump, as with the kubelet, CRIU removes that name at
    /// its end (criu/cr-dump.c cr_dump_finish, delete_link_remaps), before the runtime copies the changed files.
    /// </summary>
    private static void AddLinks(CheckpointImages images, List<RestoreObstacle> obstacles, CancellationToken cancellationToken)
    {
        var links = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var remap in images.ReadAll<RemapFilePathEntry>("remap-fpath.img", CriuImageType.RemapFilePath) ?? [])
        {
            if (remap.HasRemapType && remap.RemapType == RemapType.Linked
                && images.Files.GetValueOrDefault(remap.RemapId)?.Reg is { HasName: true } link
                && images.Files.GetValueOrDefault(remap.OrigId)?.Reg is { HasName: true } file)
            {
                links[link.Name.TrimStart('/')] = file.Name;
            }
        }
        // CRIU images alone lie beside the files they belong to.
        if (links.Count == 0 || images.Content.HasImagesOnly)
            return;
        using var tar = RootFsDiff.Open(images.Content, cancellationToken);
        while (tar?.Next() is { } member)
            links.Remove(member.Name);
        foreach (var (link, file) in links.OrderBy(link => link.Key, StringComparer.Ordinal))
        {
            var message = $"The open file '{TerminalText.Line(file)}' had been removed and has another name. "
                + $"A restore opens it as '/{TerminalText.Line(link)}', which CRIU removed after the dump.";
            obstacles.Add(new RestoreObstacle("RemovedFile", "remap-fpath.img", message, KeepTheName));
        }
    }
}
