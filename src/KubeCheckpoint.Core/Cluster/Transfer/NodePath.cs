namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>The path of an archive on its node, parsed and validated: it comes from a server and becomes part of a shell script.</summary>
internal sealed record NodePath(string Folder, string FileName)
{
    public static NodePath Parse(string path)
    {
        var at = path.LastIndexOf('/');
        var isPlain = path.StartsWith('/') && at > 0 && at < path.Length - 1
            && !path.Any(char.IsControl)
            && !path.Split('/').Skip(1).Any(part => part is "" or "." or "..");
        return isPlain ? new(path[..at], path[(at + 1)..]) : throw TransferFailure.NodePathInvalid(path);
    }

    public override string ToString() => $"{Folder}/{FileName}";
}
