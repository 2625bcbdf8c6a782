using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Archives.Tar;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// Converts the tar of files and the list of deleted paths that CRI-O and Podman write to an OCI layer. The whiteouts come first: a path may
/// be in both, as a folder that was deleted and created again, and containerd applies the tar in its order.
/// </summary>
internal static class ListToWhiteouts
{
    private const string Prefix = ".wh.";

    public static void Apply(ConversionSource source, OverlayWriter overlay, CancellationToken cancellationToken)
    {
        ThrowIfFilesLookLikeWhiteouts(source, cancellationToken);
        var deleted = ReadDeleted(source);
        if (deleted.Count > 0)
            overlay.Add(RootFsDiff.MemberName, target => Write(source, deleted, target, cancellationToken));
    }

    private static void Write(ConversionSource source, SortedSet<string> deleted, Stream target, CancellationToken cancellationToken)
    {
        string? above = null;
        foreach (var path in deleted)
        {
            // A deleted folder takes its content with it, and a whiteout in it would create the folder again.
            if (above is not null && path.StartsWith(above, StringComparison.Ordinal))
                continue;
            above = path + "/";
            var name = path.LastIndexOf('/') + 1;
            target.Write(TarBlocks.Header($"{path[..name]}{Prefix}{path[name..]}", '0', 0));
        }
        using var tar = RootFsDiff.Open(source.Content, cancellationToken);
        ChangedFiles.CopyRest(tar, target);
    }

    private static void ThrowIfFilesLookLikeWhiteouts(ConversionSource source, CancellationToken cancellationToken)
    {
        using var tar = RootFsDiff.Open(source.Content, cancellationToken);
        while (tar?.Next() is { } member)
        {
            if (NameOf(member.Name).StartsWith(Prefix, StringComparison.Ordinal))
                throw Refused(source, member.Name);
        }
        tar?.Drain();
    }

    private static SortedSet<string> ReadDeleted(ConversionSource source)
    {
        var deleted = DeletedFiles.ReadPaths(source.Content);
        return deleted.FirstOrDefault(path => NameOf(path).StartsWith(Prefix, StringComparison.Ordinal)) is { } path ? throw Refused(source, path) : deleted;
    }

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static KubeCheckpointException Refused(ConversionSource source, string path) =>
        ConversionFailure.FileNotConvertible(
            source.Path, source.Engine, source.Target, "/" + path, "has a name that containerd reads as a whiteout of another file");
}
