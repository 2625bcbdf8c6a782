using System.Globalization;
using System.Text;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Volumes;

/// <summary>
/// Reads a volume's folder on a node as a tar, through the helper pod that mounts it. Links are not followed, other file systems are left out,
/// and FIFOs and devices are not opened.
/// </summary>
/// <param name="helper">The helper pod.</param>
/// <param name="tools">The tools in its image.</param>
/// <param name="folder">The path of the volume in the pod.</param>
/// <param name="isGnuTar">Whether the tar is that of GNU.</param>
internal sealed class NodeVolume(HelperPod helper, HelperTools tools, string folder, bool isGnuTar)
{
    /// <summary>Prints the version of tar.</summary>
    public const string VersionScript = "tar --version 2>/dev/null | { read -r line; echo \"$line\"; }; true";

    /// <summary>After the tar: its sha256, or dashes if the image cannot compute it while it is read, two spaces, a dash and a line feed.</summary>
    private const int TrailerLength = HashLength + 4;

    private const int HashLength = 64;

    /// <summary>Finding the sizes of millions of files prints nothing until it has finished.</summary>
    private static readonly TimeSpan Measuring = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The sha256 of the bytes as tar writes them goes after them. <c>tee</c> opens the output by its path, which works for pipes only. Labels of
    /// SELinux are left out: they are those of one pod.
    /// </summary>
    private string ReadScript
    {
        get
        {
            var tar = isGnuTar
                ? "tar --create --file=- --format=posix --pax-option=delete=atime,delete=ctime --numeric-owner --sparse --acls --xattrs '--xattrs-include=*' "
                    + "--xattrs-exclude=security.selinux --one-file-system --ignore-failed-read --warning=no-file-changed ."
                : $"{tools["tar"]} -cf - .";
            var plain = $"{tar}; echo '{new string('-', HashLength)}  -'";
            var hashed = $"{{ {tar} | {tools["tee"]} /proc/self/fd/3 | {tools["sha256sum"]}; }} 3>&1";
            var choice = tools.Has("tee") && tools.Has("sha256sum") ? $"if [ -p /proc/self/fd/1 ]; then {hashed}; else {plain}; fi" : plain;
            return $"cd {folder} && {{ {choice}; }}";
        }
    }

    /// <summary>The size of the volume.</summary>
    /// <exception cref="ExecBrokenException">The connection broke.</exception>
    public async Task<VolumeSize> MeasureAsync(CancellationToken cancellationToken)
    {
        // The mode of a regular file begins with 8 in hexadecimal digits.
        var script = $"cd {folder} && {tools["find"]} . -xdev -exec {tools["stat"]} -c '%f %s %b' {{}} + | "
            + $"{tools["awk"]} '{{ n++ }} $1 ~ /^8/ {{ s += $2; b += $3 }} END {{ printf \"%d %.0f %.0f\\n\", n, s, b * 512 }}'";
        var (_, output) = await helper.Exec.RunAsync(script, Measuring, cancellationToken).ConfigureAwait(false);
        var numbers = output.Trim().Split(' ')
            .Select(text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1).ToArray();
        return numbers is [> 0, >= 0, >= 0] ? new(numbers[0], numbers[1], numbers[2]) : throw new ExecBrokenException("Its size could not be read.");
    }

    /// <summary>Reads the volume.</summary>
    /// <returns>The sha256 computed on the node, or null if the image cannot; and what tar says about files that it left out.</returns>
    /// <exception cref="ExecBrokenException">The connection broke, or not all of the output arrived.</exception>
    public async Task<(string? Hash, string Errors)> ReadAsync(Func<ReadOnlyMemory<byte>, ValueTask> onBytes, CancellationToken cancellationToken)
    {
        var held = new byte[TrailerLength];
        var count = 0;
        var result = await helper.Exec.RunAsync(ReadScript, TakeAsync, Stall, cancellationToken).ConfigureAwait(false);
        var trailer = Encoding.ASCII.GetString(held, 0, count);
        if (count < TrailerLength || !trailer.EndsWith("  -\n", StringComparison.Ordinal))
            throw new ExecBrokenException(result.Errors.Length > 0 ? result.Errors : "Not all of the output arrived.");
        var hash = trailer[..HashLength];
        return (hash.All(char.IsAsciiHexDigitLower) ? hash : null, result.Errors);

        // The last bytes are held back: they may be the trailer.
        async ValueTask TakeAsync(ReadOnlyMemory<byte> bytes)
        {
            var release = Math.Min(count, Math.Max(0, count + bytes.Length - TrailerLength));
            if (release > 0)
            {
                await onBytes(held.AsMemory(0, release)).ConfigureAwait(false);
                held.AsSpan(release, count - release).CopyTo(held);
                count -= release;
            }

            var direct = Math.Max(0, bytes.Length - (TrailerLength - count));
            if (direct > 0)
                await onBytes(bytes[..direct]).ConfigureAwait(false);
            bytes[direct..].CopyTo(held.AsMemory(count));
            count += bytes.Length - direct;
        }
    }
}

/// <summary>The size of a volume.</summary>
/// <param name="Entries">How many files, folders and others there are.</param>
/// <param name="Apparent">The sizes of all files, in bytes.</param>
/// <param name="Stored">The bytes that the files take on the disk.</param>
internal sealed record VolumeSize(long Entries, long Apparent, long Stored)
{
    private const int BytesPerEntry = 2048;

    /// <summary>The bytes that holes of files have.</summary>
    public long Holes => Math.Max(0, Apparent - Stored);

    /// <summary>The expected size of the tar.</summary>
    public long ExpectedTar(bool isGnuTar) => (isGnuTar ? Math.Min(Apparent, Stored) : Apparent) + (Entries * BytesPerEntry);
}
