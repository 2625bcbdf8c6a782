using KubeCheckpoint.Cluster.Preflight.Hosts;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Initialization;

/// <summary>
/// The shell functions that read and change configuration files of a node from a helper pod. They use only what busybox has. Beside each file
/// that was changed, or beside its folder where the runtime reads every file in it, there are a backup (<c>.bak</c>), a log of what each change
/// found and left, as hashes (<c>.log</c>), the content before the last change (<c>.prev</c>), and for a change that needs a restart the boot and
/// the processes of the runtime at the time of the change (<c>.restart</c>).
/// </summary>
internal static class NodeFileScript
{
    /// <summary>Where the pod mounts the node's folders.</summary>
    public const string Root = HostScript.Root;

    /// <summary>The hash of a file that does not exist.</summary>
    public const string Absent = "absent";

    /// <summary>The end of the names of what is kept beside a file, before the kind.</summary>
    public const string Mark = ".kubecheckpoint";

    /// <summary>The folders of the node whose files are read and changed.</summary>
    public static IReadOnlyList<string> Folders { get; } = ["/etc/criu", "/etc/crio", "/etc/containerd"];

    /// <summary>The settings of runtimes that switch checkpoints and restores.</summary>
    public static IReadOnlyList<string> Switches { get; } =
    [
        RuntimeConfiguration.ContainerLevel, RuntimeConfiguration.CriuSupport, RuntimeConfiguration.DropInfra, RuntimeConfiguration.RestoreViaCreate,
        RuntimeConfiguration.EnableCriu,
    ];

    /// <summary>The keys of TOML files that leave the node, besides sections: these files may contain registry passwords.</summary>
    private static readonly string[] Keys = [.. Switches, "version", "default_runtime", "runtime_path", "BinaryName"];

    /// <summary>The functions.</summary>
    public static string Functions { get; } = """
        umask 022
        for t in cat cp mv rm mkdir wc dd sha256sum sed sync stat tail tr; do
          command -v "$t" >/dev/null 2>&1 || eval "$t() { busybox $t \"\$@\"; }"
        done
        runtimes() {
          for p in /proc/[0-9]*/stat; do
            l=; read -r l < "$p"
            case $l in *' (crio) '*|*' (containerd) '*) id=${l%% *}; set -- ${l##*) }; shift 19; printf ' %s:%s' "$id" "$1";; esac
          done 2>/dev/null
        }
        sum() {
          if [ -L "$1" ] || [ -e "$1" ]; then s=$(sha256sum < "$1") && echo "${s%% *}" || echo unreadable; else echo absent; fi
        }
        bad() { printf 'bad %s %s\n' "$1" "$2"; }
        plain() {
          if [ -L "${1%/*}" ]; then echo 'its folder is a symbolic link'; return 1; fi
          if [ -L "$1" ]; then echo 'it is a symbolic link'; return 1; fi
          if [ -e "$1" ] && [ ! -f "$1" ]; then echo 'it is not a regular file'; return 1; fi
        }
        size() { if [ -n "$1" ]; then n=$(wc -c < "$1") || return 1; echo $((n)); else echo 0; fi; }
        where() { w= rel=; read -r w rel < "$1.log" 2>/dev/null; case $w/$rel in file/|*..*|file//*) return 1;; file/*) t=${1%/*}/$rel;; *) return 1;; esac; }
        ends() { first= b= a=; whole=1; while read -r x y; do
            if [ "$x" != file ]; then
              if [ -z "$first" ]; then first=$x; elif [ "$x" != "$a" ]; then whole=; fi
              b=$x a=$y
            fi
          done < "$1.log"; }
        fill() {
          printf '%s' "$3" > "$1" || return 1
          if [ -n "$2" ]; then cat "$2" >> "$1" || return 1; fi
          printf '%s' "$4" >> "$1" || return 1
          n=$(size "$1") && m=$(size "$2") && [ "$n" -eq $((m + $5)) ] || return 1
          dd if=/dev/null of="$1" conv=notrunc,fsync 2>/dev/null || sync
        }
        keep() {
          if [ -e "$2.bak" ] && [ ! -e "$2.log" ] && [ "$(sum "$2.bak")" != "$3" ]; then echo "$2.bak, a backup without a log, is in the way"; return 1; fi
          if [ ! -e "$2.bak" ] && [ ! -e "$2.log" ]; then
            e=$({ cp -p "$1" "$2.tmp" && mv -f "$2.tmp" "$2.bak"; } 2>&1) || { echo "no backup: $e"; return 1; }
          fi
          e=$({ cp -p "$1" "$2.prev" && cp -p "$1" "$2.tmp"; } 2>&1) || { echo "it could not be copied: $e"; return 1; }
          [ "$(stat -c '%u %g %a' "$1")" = "$(stat -c '%u %g %a' "$2.tmp")" ] || { echo 'its mode and owner could not be kept'; return 1; }
        }
        note() {
          if [ -e "$1.log" ]; then printf '%s\n' "$3" >> "$1.log"; return; fi
          printf 'file %s\n%s\n' "$2" "$3" > "$1.log" || { rm -f "$1.log"; return 1; }
        }
        put() {
          t=${1%/*}/$2 s=$1
          why=$(plain "$t") || { bad "$t" "$why"; return 1; }
          now=$(sum "$t")
          [ "$now" = "$3" ] || { bad "$t" 'it has changed meanwhile'; return 1; }
          why=$(mkdir -p "${t%/*}" 2>&1 && rm -f "$s.tmp" "$s.prev" 2>&1) || { bad "$t" "$why"; return 1; }
          if [ "$now" != absent ]; then why=$(keep "$t" "$s" "$now") || { rm -f "$s.tmp"; bad "$t" "$why"; return 1; }; fi
          why=$(fill "$s.tmp" "$4" "$5" "$6" "$7" 2>&1) || { rm -f "$s.tmp"; tidy; bad "$t" "it could not be written. $why"; return 1; }
          after=$(sum "$s.tmp")
          [ "$(sum "$t")" = "$3" ] || { rm -f "$s.tmp"; tidy; bad "$t" 'it has changed meanwhile'; return 1; }
          note "$s" "$2" "$now $after" || { rm -f "$s.tmp"; tidy; bad "$t" 'no log could be written'; return 1; }
          why=$(mv -f "$s.tmp" "$t" 2>&1) || { drop; rm -f "$s.tmp"; tidy; bad "$t" "$why"; return 1; }
          [ -z "$8" ] || { read -r boot < /proc/sys/kernel/random/boot_id; echo "$boot$(runtimes)"; } > "$s.restart"
          sync
          run="$s $run"
          echo "put $t"
          [ ! -e "$s.bak" ] || echo "backup $s.bak"
        }
        tidy() { [ -e "$s.log" ] || rm -f "$s.bak" "$s.prev" "$s.restart"; }
        drop() { sed '$d' "$s.log" > "$s.tmp" && mv -f "$s.tmp" "$s.log"; n=$(wc -l < "$s.log"); if [ $((n)) -le 1 ]; then rm -f "$s.log"; tidy; fi; }
        back() {
          for s in $run; do
            where "$s" || { bad "$s" 'its log cannot be read'; continue; }
            ends "$s"
            if [ "$(sum "$t")" != "$a" ]; then bad "$t" 'it has changed meanwhile'; continue; fi
            if [ "$b" = absent ]; then why=$(rm -f "$t" 2>&1); else why=$(mv -f "$s.prev" "$t" 2>&1); fi || { bad "$t" "$why"; continue; }
            drop
            sync
            echo "back $t"
          done
        }
        undo() {
          s=$1
          where "$s" || { bad "$s.log" 'it cannot be read'; return; }
          ends "$s"
          now=$(sum "$t")
          why=$(plain "$t") || { echo "left $t $why"; return; }
          if [ "$now" != "$first" ]; then
            if [ "$now" != "$a" ] || [ -z "$whole" ]; then echo "left $t it was changed by somebody else since"; return; fi
            if [ "$first" != absent ] && [ "$(sum "$s.bak")" != "$first" ]; then echo "left $t the backup is missing or was changed"; return; fi
          fi
          if [ "$first" = absent ]; then
            [ -n "$2" ] || why=$(rm -f "$t" 2>&1) || { bad "$t" "$why"; return; }
            echo "removed $t"
          else
            if [ -z "$2" ] && [ "$now" != "$first" ]; then why=$(mv -f "$s.bak" "$t" 2>&1) || { bad "$t" "$why"; return; }; fi
            echo "restored $t"
          fi
          [ -n "$2" ] || { rm -f "$s.log" "$s.bak" "$s.prev" "$s.restart" "$s.tmp"; sync; }
        }
        undoall() {
          for d in @FOLDERS@; do
            for l in "$d"/*@MARK@.log; do [ ! -f "$l" ] || undo "${l%.log}" "$1"; done
          done
        }
        scan() {
          echo "toml $1"
          more=0
          while read -r l || [ -n "$l" ]; do
            if [ "$more" -gt 0 ]; then more=$((more-1)); echo "line $l"; case $l in *']'*) more=0;; esac; continue; fi
            case $l in
              imports*) echo "line $l"; case $l in *']'*) ;; *) more=20;; esac;;
              '['*|@KEYS@) echo "line $l";;
            esac
          done < "$1"
        }
        look() {
          boot=; read -r boot < /proc/sys/kernel/random/boot_id
          echo "boot $boot"
          echo "runtimes$(runtimes)"
          for d in @FOLDERS@; do
            if [ -L "$d" ]; then echo "link $d"; continue; fi
            for p in "$d"/*.conf "$d"/*.toml "$d"/*.d "$d"/*.d/*; do
              if [ -L "$p" ]; then echo "link $p"; elif [ -f "$p" ]; then echo "file $(sum "$p") $p"; fi
            done
            for l in "$d"/*@MARK@.log; do
              [ -f "$l" ] || continue
              if where "${l%.log}"; then echo "log $t"; fi
              if [ -f "${l%.log}.restart" ]; then r=; read -r r < "${l%.log}.restart"; echo "restart $r"; fi
            done
          done
          for p in @ROOT@/etc/crio/crio.conf @ROOT@/etc/crio/crio.conf.d/* @ROOT@/etc/containerd/*.toml @ROOT@/etc/containerd/*.d/*.toml; do
            [ ! -f "$p" ] || scan "$p"
          done
          for o in runc crun; do
            for p in "@ROOT@/usr/bin/$o" "@ROOT@/usr/sbin/$o" "@ROOT@/usr/local/bin/$o" "@ROOT@/usr/local/sbin/$o"; do
              if [ -f "$p" ]; then echo "oci $o"; fi
            done
          done
          echo end
        }

        """
        .Replace("@FOLDERS@", string.Join(' ', Folders.Select(folder => Root + folder)), StringComparison.Ordinal)
        .Replace("@ROOT@", Root, StringComparison.Ordinal)
        .Replace("@MARK@", Mark, StringComparison.Ordinal)
        .Replace("@KEYS@", string.Join('|', Keys.Select(key => $"{key}*")), StringComparison.Ordinal)
        .ReplaceLineEndings("\n");

    /// <summary>Prints the files, what is kept of earlier changes, and the lines of TOML files that matter.</summary>
    public static string Look { get; } = $"{HelperRole.UseFunctions}look\n";

    /// <summary>Makes all changes or none, as far as the files allow it.</summary>
    public static string Write(IEnumerable<FileChange> changes)
    {
        var puts = string.Concat(changes.Select(change => $"[ $ok = 0 ] || {Put(change)} || ok=0\n"));
        return $"{HelperRole.UseFunctions}run=\nok=1\n{puts}[ $ok = 1 ] || back\necho end\n";
    }

    /// <summary>Undoes all earlier changes, or only prints what that would do.</summary>
    public static string Undo(bool isDry) => $"{HelperRole.UseFunctions}undoall {(isDry ? "dry" : "''")}\necho end\n";

    /// <summary>The beginning of the names of what is kept of a file: beside it, or beside its folder where the runtime reads every file in it.</summary>
    public static string StateOf(string path)
    {
        var parts = path.Split('/');
        return $"{Root}/{string.Join('/', parts[1..3])}/{parts[^1]}{Mark}";
    }

    private static string Put(FileChange change)
    {
        var size = System.Text.Encoding.UTF8.GetByteCount(change.Prefix + change.Suffix);
        string[] words =
        [
            StateOf(change.Path), string.Join('/', change.Path.Split('/')[3..]), change.Before, change.BasePath is null ? "" : Root + change.BasePath,
            change.Prefix, change.Suffix,
        ];
        return $"put {string.Join(' ', words.Select(ShellWord.Quote))} {size} {(change.NeedsRestart ? "1" : "''")}";
    }
}
