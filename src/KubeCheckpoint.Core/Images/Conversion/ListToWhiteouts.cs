using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// Makes of a tar of files and a list of what is gone, as CRI-O and Podman write them, an OCI layer. The whiteouts come first. A path may be
/// in both: a folder that was removed and made again. containerd goes by the order of the tar, and fails on a folder that is gone at its end.
/// </summary>
internal static class ListToWhiteouts
{
    private const string Prefix = ".wh.";

    public static void Apply(ConversionSource source, OverlayWriter overlay, CancellationToken cancellationToken)
    {
        ThrowIfFilesLookLikeWhiteouts(source, cancellationToken);
        var gone = ReadGone(source);
        if (gone.Count > 0)
            overlay.Add(RootFsDiff.MemberName, target => Write(source, gone, target, cancellationToken));
    }

    private static void Write(ConversionSource source, SortedSet<string> gone, Stream target, CancellationToken cancellationToken)
    {
        string? above = null;
        foreach (var path in gone)
        {
            // What lies in a folder that is gone is gone with it, and a whiteout in it would make the folder again.
            if (above is not null && path.StartsWith(above, StringComparison.Ordinal))
                continue;
            above = path + "/";
            var name = path.LastIndexOf('/') + 1;
            target.Write(TarBlocks.Header($"{path[..name]}{Prefix}{path[name..]}", '0', 0));
        }
        using var tar = ChangedFiles.Open(source, cancellationToken);
        while (tar?.Next() is not null)
            tar.CopyTo(target);
        target.Write(TarBlocks.End);
    }

    private static void ThrowIfFilesLookLikeWhiteouts(ConversionSource source, CancellationToken cancellationToken)
    {
        using var tar = ChangedFiles.Open(source, cancellationToken);
        while (tar?.Next() is { } member)
        {
            if (NameOf(member.Name).StartsWith(Prefix, StringComparison.Ordinal))
                throw Refused(source, member.Name);
        }
        tar?.Drain();
    }

    private static SortedSet<string> ReadGone(ConversionSource source)
    {
        var gone = ChangedFiles.ReadGone(source);
        return gone.FirstOrDefault(path => NameOf(path).StartsWith(Prefix, StringComparison.Ordinal)) is { } path ? throw Refused(source, path) : gone;
    }

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static KubeCheckpointException Refused(ConversionSource source, string path) =>
        ImageFailure.FileNotConvertible(source.Path, source.Engine, source.Target, "/" + path, "has a name by which containerd knows that another file is gone");
}
