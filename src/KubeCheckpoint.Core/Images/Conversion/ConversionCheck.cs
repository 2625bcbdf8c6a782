using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Tar;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>Finds what keeps an archive from being restored by another runtime.</summary>
internal static class ConversionCheck
{
    // 1, 1.1 and 1.2 of CRIU (criu/include/image.h).
    private const uint LastImageVersion = 3;

    /// <exception cref="KubeCheckpointException">
    /// ImageVersionNotConvertible, IncrementalNotConvertible, TerminalNotConvertible, NamespaceNotConvertible, VolumeNotConvertible,
    /// SecretNotConvertible.
    /// </exception>
    public static void ThrowIfImpossible(ConversionSource source)
    {
        if (source.Images.Inventory?.ImgVersion > LastImageVersion)
            throw ConversionFailure.ImageVersionNotConvertible(source.Path, source.Images.Inventory.ImgVersion);
        if (source.Content.Members.Any(member => member is { Name: "checkpoint/parent", Kind: not ArchiveMemberKind.Directory }))
            throw ConversionFailure.IncrementalNotConvertible(source.Path, source.Engine, source.Target);
        // CRI-O creates the container from a request without a terminal (server/container_restore.go).
        if (source.Target == CheckpointEngine.CriO && source.Spec.IsTrue(source.Spec.Object("process")?["terminal"], "process.terminal"))
            throw ConversionFailure.TerminalNotConvertible(source.Path, source.Engine);
        CheckNamespaces(source);
        if (source.Engine == CheckpointEngine.Podman)
            CheckPodman(source);
    }

    private static void CheckNamespaces(ConversionSource source)
    {
        if (source.Images.Inventory?.RootIds is not { } host)
            return;
        var crosses = source.Engine == CheckpointEngine.Podman || source.Target == CheckpointEngine.Podman;
        foreach (var task in source.Images.Tasks)
        {
            if (source.Images.Ids(task.Pid) is not { } ids)
                continue;
            if (Differs(ids.UserNsId, host.UserNsId))
                throw Refused(source, "its processes are in a user namespace");
            if (!crosses)
                continue;
            // A pod shares these with its node only by fields of its own; CRIU is told to join the others.
            if (IsHost(ids.PidNsId, host.PidNsId))
                throw Refused(source, "its processes are in the PID namespace of the host");
            if (IsHost(ids.IpcNsId, host.IpcNsId))
                throw Refused(source, "its processes are in the IPC namespace of the host");
            if (IsHost(ids.UtsNsId, host.UtsNsId))
                throw Refused(source, "its processes are in the UTS namespace of the host");
            if (source.Images.ReadFirst<PidnsEntry>(CheckpointImages.Name("pidns", ids.PidNsId), CriuImageType.ByName["PIDNS"]) is { ExtKey.Length: > 0 })
                throw Refused(source, "its processes share the PID namespace of a pod");
        }
    }

    private static void CheckPodman(ConversionSource source)
    {
        foreach (var volume in source.Config.ObjectsOf(source.Config.Root["namedVolumes"], "namedVolumes"))
        {
            var name = source.Config.TextOf(volume["volumeName"], "namedVolumes.volumeName") ?? "";
            if (source.Content.Find($"volumes/{name}.tar") is { } member && !IsEmptyTar(source, member))
                throw ConversionFailure.VolumeNotConvertible(source.Path, source.Target, name, source.Config.TextOf(volume["dest"], "namedVolumes.dest") ?? "");
        }
        foreach (var secret in source.Config.ObjectsOf(source.Config.Root["secrets"], "secrets"))
            throw ConversionFailure.SecretNotConvertible(source.Path, source.Target, source.Config.TextOf(secret["name"], "secrets.name") ?? "");
    }

    /// <summary>Whether a tar contains nothing but its root.</summary>
    internal static bool IsEmptyTar(ConversionSource source, ArchiveMember member)
    {
        using var data = source.Content.OpenMember(member);
        return new TarScanner(data, $"{source.Path}/{member.Name}", CancellationToken.None, TarContent.RootFs).Next() is null;
    }

    private static bool Differs(uint id, uint hostId) => id != 0 && hostId != 0 && id != hostId;

    private static bool IsHost(uint id, uint hostId) => id != 0 && id == hostId;

    private static KubeCheckpointException Refused(ConversionSource source, string reason) =>
        ConversionFailure.NamespaceNotConvertible(source.Path, source.Engine, source.Target, reason);
}
