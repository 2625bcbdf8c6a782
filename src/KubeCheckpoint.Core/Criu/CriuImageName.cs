namespace KubeCheckpoint.Criu;

/// <summary>What messages call an image.</summary>
/// <param name="Path">The file: an archive, or the image itself.</param>
/// <param name="Member">The member of the archive, or null where the file is the image.</param>
internal sealed record CriuImageName(string Path, string? Member = null)
{
    /// <summary>What the names of all that CRIU writes end in.</summary>
    public const string Ending = ".img";

    // CRIU, criu/image-desc.c: those whose magic is RAW_IMAGE_MAGIC.
    private static readonly string[] RawBeginnings =
    [
        "pages-", "tmpfs-", "ifaddr-", "route-", "route6-", "rule-", "iptables-", "ip6tables-", "nftables-", "netns-ct-", "netns-exp-",
    ];

    /// <summary>Whether CRIU writes what is called so without magics and entries.</summary>
    public static bool IsRaw(string name)
    {
        name = name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
        return Array.Exists(RawBeginnings, beginning => name.StartsWith(beginning, StringComparison.OrdinalIgnoreCase));
    }
}
