namespace KubeCheckpoint.Cluster.Preflight.Containers;

/// <summary>
/// The script that looks at the processes of a running container: in the container, or on its node. It reads /proc alone, with built-ins of sh and
/// with ls. Each line of its output begins with a keyword; the output comes from the container and may be malformed.
/// </summary>
internal static class ContainerScript
{
    private const int MostProcesses = 200;

    /// <summary>Calls the function in a container.</summary>
    public const string InContainer = "look /proc/[0-9]*";

    /// <summary>Calls the function in a helper pod, for the processes that it has found.</summary>
    public const string OnNode = "look $c";

    /// <summary>The tools that it uses.</summary>
    public static IReadOnlyList<string> Tools { get; } = ["ls"];

    /// <summary>The shell function <c>look</c>, whose arguments are folders of processes.</summary>
    public static string Function { get; } = $$"""
        look() {
        n=0
        for d do
          p=${d##*/}
          [ "$p" = "$$" ] && continue
          [ -r "$d/status" ] || continue
          n=$((n+1)); [ "$n" -gt {{MostProcesses}} ] && break
          echo "process $p"
          while IFS= read -r l; do case $l in Name:*|State:*|TracerPid:*|NSpid:*) echo "status $l";; esac; done 2>/dev/null < "$d/status"
          ls -l "$d/exe" 2>/dev/null | while IFS= read -r l; do echo "exe $l"; done
          for k in pid user; do ls -l "$d/ns/$k" 2>/dev/null | while IFS= read -r l; do echo "ns $l"; done; done
          ls -l "$d/fd/" 2>/dev/null | while IFS= read -r l; do echo "fd $l"; done
          ls -lnL "$d/fd/" 2>/dev/null | while IFS= read -r l; do echo "file $l"; done
          for f in "$d"/fdinfo/*; do
            [ -r "$f" ] && while IFS= read -r l; do case $l in inotify*|fanotify*|lock:*) echo "info ${f##*/} $l";; esac; done 2>/dev/null < "$f"
          done
          while IFS= read -r l; do case $l in *' (deleted)'|*anon_inode:*|*/dev/*) echo "map $l";; esac; done 2>/dev/null < "$d/maps"
          [ "$n" = 1 ] || continue
          while IFS= read -r l; do echo "mount $l"; done 2>/dev/null < "$d/mountinfo"
          for t in tcp tcp6; do while IFS= read -r l; do echo "$t $l"; done 2>/dev/null < "$d/net/$t"; done
        done
        echo "end $n"
        }

        """.ReplaceLineEndings("\n");

    /// <summary>Whether the script met more processes than it looks at.</summary>
    public static bool IsTooMany(int processes) => processes > MostProcesses;
}
