namespace KubeCheckpoint.Cluster.Preflight.Containers;

/// <summary>
/// The script that looks into a running container. It reads /proc alone, with built-ins of sh and with ls. Each line of its output begins
/// with a keyword; the output comes from the container and may be malformed.
/// </summary>
internal static class ContainerScript
{
    private const int MostProcesses = 200;

    public static string Text { get; } = $$"""
        n=0
        for d in /proc/[0-9]*; do
          p=${d##*/}
          [ "$p" = "$$" ] && continue
          [ -r "$d/status" ] || continue
          n=$((n+1)); [ "$n" -gt {{MostProcesses}} ] && break
          echo "process $p"
          while IFS= read -r l; do case $l in Name:*|State:*|TracerPid:*) echo "status $l";; esac; done 2>/dev/null < "$d/status"
          ls -l "$d/exe" 2>/dev/null | while IFS= read -r l; do echo "exe $l"; done
          for k in pid user; do ls -l "$d/ns/$k" 2>/dev/null | while IFS= read -r l; do echo "ns $l"; done; done
          ls -l "$d/fd" 2>/dev/null | while IFS= read -r l; do echo "fd $l"; done
          ls -lnL "$d/fd" 2>/dev/null | while IFS= read -r l; do echo "file $l"; done
          for f in "$d"/fdinfo/*; do
            [ -r "$f" ] && while IFS= read -r l; do case $l in inotify*|fanotify*|lock:*) echo "info ${f##*/} $l";; esac; done 2>/dev/null < "$f"
          done
          while IFS= read -r l; do case $l in *' (deleted)'|*anon_inode:*|*/dev/*) echo "map $l";; esac; done 2>/dev/null < "$d/maps"
          [ "$n" = 1 ] || continue
          while IFS= read -r l; do echo "mount $l"; done 2>/dev/null < "$d/mountinfo"
          for t in tcp tcp6; do while IFS= read -r l; do echo "$t $l"; done 2>/dev/null < "$d/net/$t"; done
        done
        echo "end $n"
        """.ReplaceLineEndings("\n");

    /// <summary>Whether the script met more processes than it looks at.</summary>
    public static bool IsTooMany(int processes) => processes > MostProcesses;
}
