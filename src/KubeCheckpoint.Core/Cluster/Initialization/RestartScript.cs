using System.Globalization;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Initialization;

/// <summary>
/// The script that restarts the runtime of a node from a privileged pod there, by systemctl in the namespaces of process 1. It goes on while
/// commands cannot be run in pods, and writes its result to a file: if the runtime does not accept its configuration, or does not start with it,
/// the changed files are put back and the runtime is started with them.
/// </summary>
internal static class RestartScript
{
    /// <summary>The name of the file with the result, in the folder of the runtime's configuration.</summary>
    public const string ResultName = ".kubecheckpoint.restart-result";

    /// <summary>The function that does it. Its variables are unit, out, run, limit and pause.</summary>
    public static string Function { get; } = """
        restartruntime() {
        say() { printf '%s\n' "$*" >> "$out.tmp"; }
        end() { say "end $*"; mv -f "$out.tmp" "$out"; exit 0; }
        host() { nsenter -t 1 -m -u -i -n -p -- "$@"; }
        main() { host systemctl show -p MainPID --value "$unit" 2>/dev/null; }
        undone() { back >> "$out.tmp"; }
        restart() {
          old=$(main)
          host systemctl --no-block restart "$unit" 2>> "$out.err" || return 1
          i=0
          while [ "$i" -lt "$limit" ]; do
            sleep "$pause" 2>/dev/null || sleep 1
            i=$((i+1))
            new=$(main)
            if [ -n "$new" ] && [ "$new" != 0 ] && [ "$new" != "$old" ] && host systemctl is-active --quiet "$unit"; then return 0; fi
          done
          return 1
        }
        rm -f "$out" "$out.tmp" "$out.err"
        why=$(host true 2>&1) || end no-host "$why"
        why=$(host systemctl is-active "$unit" 2>&1) || end no-service "$why"
        pid=$(main)
        exe=$(host readlink "/proc/$pid/exe" 2>/dev/null)
        args="$(host cat "/proc/$pid/cmdline" 2>/dev/null | tr '\0' ' ') "
        case $args in
          *'--config '/etc/crio/crio.conf' '*|*'--config='/etc/crio/crio.conf' '*) ;;
          *'--config '/etc/containerd/config.toml' '*|*'--config='/etc/containerd/config.toml' '*|*'-c '/etc/containerd/config.toml' '*) ;;
          *' --config'*|*' -c '*|*' -d '*) undone; end other "$args";;
        esac
        case $unit in crio*) check=config status='status config';; *) check='config dump' status=$check;; esac
        if [ -n "$exe" ]; then
          why=$(host "$exe" $check 2>&1 >/dev/null) || { note=$why; undone; end rejected "${note##*
        }"; }
        fi
        if restart; then
          if [ -n "$exe" ]; then
            host "$exe" $status 2>/dev/null | while read -r l; do case $l in @KEYS@) say "setting $l";; esac; done
          fi
          for s in "${out%/*}"/*.kubecheckpoint.restart; do [ ! -f "$s" ] || rm -f "$s"; done
          rm -f "$out.err"
          end restarted
        fi
        undone
        if restart; then last=failed; else last=down; fi
        rm -f "$out.err"
        end "$last"
        }

        """.Replace("@KEYS@", string.Join('|', NodeFileScript.Switches.Select(key => $"{key}*")), StringComparison.Ordinal).ReplaceLineEndings("\n");

    /// <summary>The script, which returns at once and leaves its work running.</summary>
    /// <param name="service">The systemd service.</param>
    /// <param name="states">What is kept of the files that were changed just now, the last one first.</param>
    /// <param name="result">The path of the result in the pod.</param>
    /// <param name="timeout">How long a start may take.</param>
    /// <param name="pause">The time between two looks.</param>
    public static string Build(string service, IEnumerable<string> states, string result, TimeSpan timeout, TimeSpan pause)
    {
        var limit = Math.Ceiling(timeout / pause).ToString(CultureInfo.InvariantCulture);
        var head = $"unit={ShellWord.Quote(service)} out={ShellWord.Quote(result)} run={ShellWord.Quote(string.Join(' ', states))} " +
            $"limit={limit} pause={pause.TotalSeconds.ToString(CultureInfo.InvariantCulture)}\n";
        return $"{HelperRole.UseFunctions}{head}restartruntime </dev/null >/dev/null 2>&1 &\n";
    }

    /// <summary>Prints the result as far as it is there.</summary>
    public static string Read(string result) => $"cat {ShellWord.Quote(result)} 2>/dev/null || busybox cat {ShellWord.Quote(result)} 2>/dev/null; true";

    /// <summary>Removes the result.</summary>
    public static string Clear(string result) => $"rm -f {ShellWord.Quote(result)} || busybox rm -f {ShellWord.Quote(result)}";
}
