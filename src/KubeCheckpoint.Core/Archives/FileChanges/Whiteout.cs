namespace KubeCheckpoint.Archives.FileChanges;

/// <summary>
/// A deletion in an OCI layer (image-spec, layer.md, "Whiteouts"): <c>etc/.wh.passwd</c> for <c>/etc/passwd</c>,
/// <c>etc/.wh..wh..opq</c> for everything that lower layers have in <c>/etc</c>.
/// </summary>
/// <param name="Path">The absolute path in the container.</param>
/// <param name="IsOpaque">True where the folder still exists and its content was deleted.</param>
internal sealed record Whiteout(string Path, bool IsOpaque)
{
    private const string Prefix = ".wh.";
    private const string MetaPrefix = ".wh..wh.";
    private const string Opaque = ".wh..wh..opq";

    /// <summary>True for a name that is not a file; the whiteout is null for other names of AUFS, which have no meaning here.</summary>
    public static bool TryParse(string name, out Whiteout? whiteout)
    {
        whiteout = null;
        var folder = name.LastIndexOf('/') + 1;
        var file = name[folder..];
        if (!file.StartsWith(Prefix, StringComparison.Ordinal) || file.Length == Prefix.Length)
            return false;
        if (file == Opaque)
            whiteout = new Whiteout("/" + name[..Math.Max(0, folder - 1)], true);
        else if (!file.StartsWith(MetaPrefix, StringComparison.Ordinal))
            whiteout = new Whiteout("/" + name[..folder] + file[Prefix.Length..], false);
        return true;
    }
}
