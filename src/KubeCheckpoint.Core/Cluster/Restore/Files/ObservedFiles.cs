using System.Globalization;

namespace KubeCheckpoint.Cluster.Restore.Files;

/// <summary>A file as it is in a container.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Size">Its size, or null where the container has no stat.</param>
/// <param name="ModifiedAt">When it was last modified, in seconds since 1970. Of a missing file: the folder above it that exists.</param>
/// <param name="ChangedAt">When its content, name or attributes were last changed; the same folder of a missing file.</param>
internal sealed record ObservedFile(ObservedKind Kind, long? Size, long? ModifiedAt, long? ChangedAt);

/// <summary>The kinds that a shell tells apart.</summary>
internal enum ObservedKind
{
    Missing,
    File,
    Directory,
    SymbolicLink,
    Other,

    /// <summary>On another mount than the container's root, where files are not compared.</summary>
    OtherMount,
}

/// <summary>
/// What a shell says of files: in the container, or in a helper pod on its node. The container is not trusted: the output is bounded, and is either
/// exactly that of the script or not used.
/// </summary>
/// <param name="StartedAt">When the container's first process was restored, by the node's clock in seconds since 1970, or null.</param>
/// <param name="Files">The files, in the order of the paths.</param>
internal sealed record ObservedFiles(long? StartedAt, IReadOnlyList<ObservedFile> Files)
{
    /// <summary>
    /// For each argument a line: the kind, and size, modification and change times. stat may be an applet of busybox or toybox, or missing. Of a
    /// missing file the times are those of the nearest folder: what removes something from a folder changes it. The first line has the clock,
    /// the uptime, and the start of process 1 in hundredths of a second of that uptime (proc(5), the 22nd field of stat).
    /// </summary>
    public const string Script = """
        s=
        for c in stat 'busybox stat' 'toybox stat'; do
          if $c -c '%s %Y %Z' / >/dev/null 2>&1; then s=$c; break; fi
        done
        n=$(date +%s 2>/dev/null || busybox date +%s 2>/dev/null || toybox date +%s 2>/dev/null)
        b=
        if read -r l < /proc/1/stat && read -r u x < /proc/uptime; then b=$(set -- ${l##*) }; shift 19; echo "${u%%.*} $1"); fi
        echo "start ${n:-0} $b"
        for f do
          g=$f
          if [ -h "$f" ]; then k=l
          elif [ -d "$f" ]; then k=d
          elif [ -f "$f" ]; then k=f
          elif [ -e "$f" ]; then k=o
          else
            k=-
            while g=${g%/*}; [ -n "$g" ] && ! [ -d "$g" ]; do :; done
            g=${g:-/}
          fi
          m=
          if [ -n "$s" ]; then m=$($s -c '%s %Y %Z' "$g" 2>/dev/null); fi
          echo "$k $m"
        done
        """;

    /// <summary>
    /// The same for the container's processes in <c>c</c>, which a helper pod on the node has found. It walks from the root of the first process to each
    /// file, folder by folder, as openat(2) would: descriptor 9 is the folder, and a link is not followed. That each folder is on the mount of the root is
    /// checked after it has been opened, so that no exchange of a folder for a link leads out of the container. Nothing but folders is opened.
    /// </summary>
    public const string NodeScript = "observe \"$@\"";

    /// <summary>The tools that <see cref="NodeFunctions"/> use.</summary>
    public static IReadOnlyList<string> NodeTools { get; } = ["stat", "date"];

    /// <summary>The shell functions of <see cref="NodeScript"/>.</summary>
    public static string NodeFunctions { get; } = """
        mount_of() { m=; while read -r k v; do case $k in mnt_id:) m=$v;; esac; done 2>/dev/null < "/proc/self/fdinfo/$1"; }
        missing() { echo "- $(stat -c '%s %Y %Z' /proc/self/fd/9/. 2>/dev/null)"; }
        enter() { mount_of 9; if [ "$m" = "$root" ]; then seek "$1"; else echo x; fi; }
        seek() {
          case $1 in
            */*)
              if [ ! -h "/proc/self/fd/9/${1%%/*}" ] && { enter "${1#*/}"; } 9< "/proc/self/fd/9/${1%%/*}/."; then return 0; fi
              missing;;
            *)
              s=$(stat -c '%f %s %Y %Z' "/proc/self/fd/9/$1" 2>/dev/null)
              case $s in
                '') missing;;
                8*) echo "f ${s#* }";;
                4*) echo "d ${s#* }";;
                a*) echo "l ${s#* }";;
                *) echo "o ${s#* }";;
              esac;;
          esac
        }
        start_of() { s=${20}; }
        observe() {
          o=
          for d in $c; do
            { read -r l < "$d/stat"; } 2>/dev/null || continue
            start_of ${l##*) }
            if [ -z "$o" ] || [ "$s" -lt "$b" ]; then o=$d b=$s; fi
          done
          read -r u x < /proc/uptime
          w=$o/root
          {
            container_has "$id" "$o" || exit 3
            mount_of 9; root=$m
            [ -n "$root" ] || exit 1
            echo "start $(date +%s) ${u%%.*} $b"
            for f do
              case $f/ in */../*|*/./*) echo x;; *) seek "${f#/}";; esac
            done
          } 9< "$w/."
        }

        """.ReplaceLineEndings("\n");

    private const int TicksPerSecond = 100;
    private const long Largest = long.MaxValue / 4;

    /// <summary>Parses the output of the script for some paths; null where it is not that.</summary>
    public static ObservedFiles? Parse(string output, int count)
    {
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length != count + 1 || lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries) is not ["start", .. var clock])
            return null;
        var files = lines.Skip(1).Select(ParseFile).OfType<ObservedFile>().ToList();
        return files.Count == count ? new ObservedFiles(StartOf(clock), files) : null;
    }

    private static long? StartOf(string[] clock) =>
        clock is [var now, var uptime, var start] && Number(now) is > 0 and var time && Number(uptime) is { } up && Number(start) is { } ticks
            ? time - up + ticks / TicksPerSecond
            : null;

    private static ObservedFile? ParseFile(string line)
    {
        ObservedKind? kind = line[0] switch
        {
            '-' => ObservedKind.Missing,
            'f' => ObservedKind.File,
            'd' => ObservedKind.Directory,
            'l' => ObservedKind.SymbolicLink,
            'o' => ObservedKind.Other,
            'x' => ObservedKind.OtherMount,
            _ => null,
        };
        return (kind, line[1..].Split(' ', StringSplitOptions.RemoveEmptyEntries)) switch
        {
            (null, _) or (ObservedKind.OtherMount, not []) => null,
            ({ } known, []) => new ObservedFile(known, null, null, null),
            ({ } known, [var size, var modified, var changed]) when Number(size) is { } bytes && Number(modified) is { } m && Number(changed) is { } c =>
                new ObservedFile(known, bytes, m, c),
            _ => null,
        };
    }

    // Sums and differences of these do not overflow.
    private static long? Number(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number is > -Largest and < Largest
            ? number
            : null;
}
