using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Archives.Mounts;

/// <summary>The mounts in spec.dump: the sources of bind mounts on the node.</summary>
internal sealed class SpecMounts
{
    private readonly Dictionary<string, string> _sources = new(StringComparer.Ordinal);

    public SpecMounts(CheckpointContent content)
    {
        if (content.Find("spec.dump") is not { } member)
            return;
        using var spec = JsonMember.Read(content, member);
        foreach (var mount in spec.Objects("mounts", "destination", "type", "source"))
        {
            // A mount over an earlier one comes later in the list.
            if (mount is [{ } destination, "bind" or "none" or null, { } source] && source.StartsWith('/'))
                _sources[Normal(destination)] = source;
        }
    }

    /// <summary>The path on the node, or null where it is not a bind mount by the runtime.</summary>
    public string? HostPathOf(string mountPoint) => _sources.GetValueOrDefault(mountPoint);

    private static string Normal(string path) => path.Length > 1 ? path.TrimEnd('/') : path;
}
