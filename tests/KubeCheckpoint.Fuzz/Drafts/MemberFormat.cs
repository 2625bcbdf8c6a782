using System.Buffers;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Fuzz.Mutators;

namespace KubeCheckpoint.Fuzz.Drafts;

/// <summary>The formats of the members of an archive, by their names.</summary>
internal static class MemberFormat
{
    private static readonly TextMutator Log = new("(00.000001) ", "Error (", "Warn  (", "criu/mount.c:1): ", " type ", " source ", " mnt_id ", " s_dev 0x", "pie: ", "stdout F ", "stderr P ", "2026-01-01T00:00:00.0Z ");

    private static readonly SearchValues<char> IdDigits = SearchValues.Create("0123456789abcdef");

    public static bool IsRaw(string name) => CriuImageFileName.IsRaw(name);

    public static IMutator MutatorOf(string name) => Path.GetFileName(name) switch
    {
        var file when IsRaw(file) => RawMutator.Instance,
        var file when file.EndsWith(".img", StringComparison.Ordinal) || file.StartsWith("stats-", StringComparison.Ordinal) => ImageMutator.Instance,
        var file when file.EndsWith(".tar", StringComparison.Ordinal) => TarMutator.Instance,
        "config.dump" or "spec.dump" or "status" or "status.dump" or "network.status" or "bind.mounts" or "deleted.files" or "descriptors.json" or "index.json" or "oci-layout" => JsonMutator.Instance,
        _ => Log,
    };

    /// <summary>What readers know a member by: the name of an image without its id, or the name.</summary>
    public static string StemOf(string name)
    {
        var file = Path.GetFileName(name.TrimEnd('/'));
        if (file.EndsWith(".img", StringComparison.Ordinal))
            file = file[..file.IndexOf('.', StringComparison.Ordinal)];
        var dash = file.LastIndexOf('-');
        return dash > 0 && file.AsSpan(dash + 1) is { Length: > 0 } id && !id.ContainsAnyExcept(IdDigits) ? file[..dash] : file;
    }
}
