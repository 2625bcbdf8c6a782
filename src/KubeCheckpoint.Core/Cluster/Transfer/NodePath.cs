namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>The path of an archive on its node, parsed and validated: it comes from a server and becomes part of a shell script.</summary>
internal sealed record NodePath(string Folder, string FileName)
{
    /// <summary>The longest path on Linux.</summary>
    private const int Longest = 4096;

    public static NodePath Parse(string path) => TryParse(path) ?? throw TransferFailure.NodePathInvalid(path);

    /// <summary>The path, or null if no runtime writes an archive to such a path.</summary>
    public static NodePath? TryParse(string path)
    {
        var at = path.LastIndexOf('/');
        var isPlain = path.StartsWith('/') && at > 0 && at < path.Length - 1 && path.Length < Longest
            && !path.Any(char.IsControl)
            && !path.Split('/').Skip(1).Any(part => part is "" or "." or "..");
        return isPlain ? new(path[..at], path[(at + 1)..]) : null;
    }

    public override string ToString() => $"{Folder}/{FileName}";
}
