using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu.Documents;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// Replaces the source's default AppArmor profile with that of the target: CRIU applies a profile by its name, and each runtime loads its
/// default under another name. Custom profiles are kept.
/// </summary>
internal static class ConfinementConversion
{
    private const string CorePrefix = ImageFolders.Default + "core-";
    private const string CriO = "crio-default"; // CRI-O, internal/config/apparmor
    private const string Containerd = "cri-containerd.apparmor.d"; // containerd, internal/cri/server
    private const string PodmanPrefix = "containers-default-"; // containers/common, pkg/apparmor; the rest is its version

    /// <summary>Writes the processes with the profile of the target.</summary>
    /// <exception cref="KubeCheckpointException">ConfinementNotConvertible.</exception>
    public static void Apply(ConversionSource source, ImageEdit edit)
    {
        if (source.Images.Inventory?.Lsmtype != Lsmtype.Apparmor)
            return;
        foreach (var member in source.Content.Members.Where(IsCore))
            edit.Apply(member, CriuImageType.Core, core => Change(source, core));
    }

    private static bool IsCore(ArchiveMember member) =>
        member.Kind == ArchiveMemberKind.File && member.Name.StartsWith(CorePrefix, StringComparison.Ordinal);

    private static ImageEdit.Fate Change(ConversionSource source, CriuObject core)
    {
        if ((core.Find("thread_core") as CriuObject)?.Find("creds") is not CriuObject credentials
            || credentials.Find("lsm_profile") is not string profile || !IsOwn(source.Engine, profile))
        {
            return ImageEdit.Fate.Kept;
        }

        credentials.Set("lsm_profile", source.Target switch
        {
            CheckpointEngine.CriO => CriO,
            CheckpointEngine.Containerd => Containerd,
            _ => throw ConversionFailure.ConfinementNotConvertible(source.Path, source.Engine, source.Target, profile),
        });
        return ImageEdit.Fate.Changed;
    }

    private static bool IsOwn(CheckpointEngine engine, string profile) => engine switch
    {
        CheckpointEngine.CriO => profile == CriO,
        CheckpointEngine.Containerd => profile == Containerd,
        _ => profile.StartsWith(PodmanPrefix, StringComparison.Ordinal),
    };
}
