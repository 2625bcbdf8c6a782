using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Images;

namespace KubeCheckpoint.Archives.Checks;

/// <summary>Checks the members: those every checkpoint has, and those no engine writes.</summary>
internal static class MemberCheck
{
    private static readonly string[] Json = ["config.dump", "spec.dump"];
    private static readonly string[] Images = ["inventory.img", "pstree.img", "files.img"];

    // Written by CRIU's plugins (plugins/amdgpu); newer inventories name the plugins.
    private const string PluginPrefix = "amdgpu-";

    // What CRI-O, containerd and Podman put beside the images.
    private static readonly HashSet<string> Known =
    [
        "config.dump", "spec.dump", "stats-dump", "stats-restore", "dump.log", "restore.log", "rootfs-diff.tar", "deleted.files", "bind.mounts",
        "io.kubernetes.cri-o.LogPath", "container.log", "ctr.log", "status.dump", "status", "network.status", "devshm-checkpoint.tar",
        "pod.options", "pod.dump", "checkpoint/descriptors.json",
    ];

    private static readonly string[] KnownFolders = ["checkpoint", "volumes", "artifacts", "pre-checkpoint"];

    public static void Run(CheckpointContent content, CheckReport report)
    {
        foreach (var name in content.HasImagesOnly ? [] : Json)
            report.Try(name, () => CheckJson(content, name));
        if (content.HasImages && !content.IsPreCheckpoint)
            CheckImages(content, report);
        var hasPlugins = HasPlugins(content);
        foreach (var member in content.Members)
            CheckMember(content, member, hasPlugins, report);
    }

    // Older CRIU wrote an image for each type of file instead of files.img.
    private static void CheckImages(CheckpointContent content, CheckReport report)
    {
        foreach (var name in Images.Where(name => content.FindImage(name) is null && (name != "files.img" || content.FindImage("reg-files.img") is null)))
            report.Error("MissingImage", report.Image(name), $"There is no member '{report.Image(name)}'.");
        if (!content.HasImagesOnly && content.Find("stats-dump") is null && content.FindImage("stats-dump") is null)
        {
            report.Warning(
                "MissingImage", "stats-dump",
                "There are no statistics of CRIU, which a restore does not need. 'work-dir' in /etc/criu on the node may have moved them.");
        }
    }

    private static bool HasPlugins(CheckpointContent content)
    {
        var found = false;
        try
        {
            found = new CheckpointImages(content).Inventory?.PluginsEntry?.Plugins.Count > 0;
        }
        catch (KubeCheckpointException)
        {
            // A damaged inventory is found by the check of images.
        }
        return found;
    }

    private static void CheckJson(CheckpointContent content, string name)
    {
        var member = content.Find(name) ?? throw content.Archive.MemberMissing(name);
        JsonMember.Read(content, member).Dispose();
    }

    private static void CheckMember(CheckpointContent content, ArchiveMember member, bool hasPlugins, CheckReport report)
    {
        if (member.Name == report.Image("parent") && member.Kind == ArchiveMemberKind.SymbolicLink)
            report.Warning("ParentPages", member.Name, "This is an incremental checkpoint: unchanged pages may be in an earlier one.");
        else if (member.Kind is not (ArchiveMemberKind.File or ArchiveMemberKind.Directory))
            report.Warning("UnexpectedMember", member.Name, $"It is of kind {member.Kind}; engines write files and folders.");
        else if (member.Kind == ArchiveMemberKind.File && !IsKnown(content, member.Name, hasPlugins))
            report.Warning("UnknownMember", member.Name, "No engine is known to write a member of this name.");
    }

    private static bool IsKnown(CheckpointContent content, string name, bool hasPlugins)
    {
        if (Known.Contains(name))
            return true;
        // Beside bare images there may be anything, but what is called as an image is one.
        if (content.HasImagesOnly)
            return !name.EndsWith(CriuImageName.Ending, StringComparison.Ordinal) || IsImage(name, hasPlugins);
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !KnownFolders.Contains(name[..slash]))
            return false;
        var file = name[(slash + 1)..];
        return name[..slash] != "checkpoint" || IsImage(file, hasPlugins);
    }

    private static bool IsImage(string name, bool hasPlugins) => CriuImageFileName.TypeOf(name) is not null || CriuImageFileName.IsRaw(name)
        || name.StartsWith(PluginPrefix, StringComparison.Ordinal) || (hasPlugins && name.EndsWith(CriuImageName.Ending, StringComparison.Ordinal));
}
