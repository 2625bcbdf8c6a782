using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Checks;

/// <summary>Checks every file that a descriptor, a map or a folder refers to, and what those files refer to.</summary>
internal static class FileCheck
{
    // Linux, include/uapi/linux/in.h and include/linux/net.h.
    private const uint Tcp = 6;
    private const uint RawSocket = 3;

    public static void Run(CheckpointImages images, CheckReport report)
    {
        foreach (var task in images.Tasks)
        {
            report.Try(report.Image($"fs-{task.Pid}.img"), () => CheckFolders(images, task.Pid, report));
            report.Try(report.Image($"mm-{task.Pid}.img"), () => CheckMaps(images, task.Pid, report));
            report.Try(report.Image("files.img"), () => CheckDescriptors(images, task.Pid, report));
        }
        report.Try(report.Image("remap-fpath.img"), () => CheckGhosts(images, report));
        report.Try(report.Image("files.img"), () => CheckFiles(images, report));
    }

    private static void CheckFolders(CheckpointImages images, uint processId, CheckReport report)
    {
        if (images.Fs(processId) is not { } fs)
            return;
        Require(images, fs.CwdId, $"fs-{processId}.img", "the working directory", report);
        Require(images, fs.RootId, $"fs-{processId}.img", "the root directory", report);
    }

    private static void CheckMaps(CheckpointImages images, uint processId, CheckReport report)
    {
        if (images.Mm(processId) is not { } mm)
            return;
        Require(images, mm.ExeFileId, $"mm-{processId}.img", "the executable", report);
        foreach (var map in images.Memory(processId)!.Maps.Where(map => map.IsOfFile))
            Require(images, (uint)map.Entry.Shmid, $"mm-{processId}.img", $"the map of 0x{map.Start:x}", report);
    }

    private static void CheckDescriptors(CheckpointImages images, uint processId, CheckReport report)
    {
        foreach (var descriptor in images.Descriptors(processId))
        {
            var image = $"fdinfo-{images.Ids(processId)!.FilesId}.img";
            Require(images, descriptor.Id, image, $"descriptor {descriptor.Fd}", report);
            if (images.Files.GetValueOrDefault(descriptor.Id) is { } file && file.Type != descriptor.Type)
                report.Error("WrongType", report.Image(image), $"Descriptor {descriptor.Fd} is {descriptor.Type}, its file {descriptor.Id} is {file.Type}.");
        }
    }

    private static void CheckGhosts(CheckpointImages images, CheckReport report)
    {
        foreach (var remap in images.ReadAll<RemapFilePathEntry>("remap-fpath.img", CriuImageType.RemapFilePath) ?? [])
        {
            Require(images, remap.OrigId, "remap-fpath.img", "a removed file", report);
            if (remap.RemapType == RemapType.Ghost && images.Content.FindImage($"ghost-file-{remap.RemapId:x}.img") is null)
                report.Error("MissingImage", report.Image($"ghost-file-{remap.RemapId:x}.img"), $"The content of removed file {remap.OrigId} is missing.");
        }
    }

    private static void CheckFiles(CheckpointImages images, CheckReport report)
    {
        // With --tcp-close, CRIU dumps no connection, and a restore finds them closed.
        var closesTcp = images.Inventory?.TcpClose ?? false;
        foreach (var file in images.Files.Values)
        {
            if (file.Memfd is { } memfd && images.MemfdInode(memfd.InodeId) is null)
                report.Dangling(report.Image("files.img"), $"Memfd {file.Id} refers to inode {memfd.InodeId}, which is not in memfd.img.");
            if (!closesTcp && file.Isk is { Proto: Tcp, DstPort: not 0, Type: not RawSocket } socket
                && images.Content.FindImage($"tcp-stream-{socket.Ino:x}.img") is null)
            {
                report.Error("MissingImage", report.Image($"tcp-stream-{socket.Ino:x}.img"), $"The TCP connection of file {file.Id} has no image.");
            }
        }
    }

    private static void Require(CheckpointImages images, uint fileId, string image, string what, CheckReport report)
    {
        if (!images.Files.ContainsKey(fileId))
            report.Dangling(report.Image(image), $"It refers to file {fileId} for {what}, which is not in files.img.");
    }
}
