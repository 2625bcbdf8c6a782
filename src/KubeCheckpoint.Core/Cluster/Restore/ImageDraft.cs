using KubeCheckpoint.Images.Content;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>The restore image of an archive before it is made: it has a name and no digest yet.</summary>
internal static class ImageDraft
{
    public static RestoreImage Of(CheckpointArchive archive, string repository, CheckpointEngine targetRuntime) => new()
    {
        Reference = $"{repository}:{RestoreImageTag.Of(archive, targetRuntime)}",
        Digest = "",
        LayerDigest = "",
        Size = 0,
        Annotations = new Dictionary<string, string>(),
        Destination = "",
        IsPushed = true,
        ArchivePath = archive.Path,
        Engine = archive.Engine,
        TargetRuntime = targetRuntime,
        Namespace = archive.Namespace,
        PodName = archive.PodName,
        PodUid = archive.PodUid,
        ContainerName = archive.ContainerName,
        Needs = archive.Needs,
        PodManifest = archive.PodManifest,
    };
}
