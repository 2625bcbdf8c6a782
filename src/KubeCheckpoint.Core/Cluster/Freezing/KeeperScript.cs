using System.Globalization;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Freezing;

/// <summary>
/// The main process of the helper pod that holds a pod: a shell that watches the freezer of a container while it is checkpointed, and freezes the
/// pod at the end of the dump, before the runtime resumes the container. It releases the pod by itself when its client is silent, when the
/// longest time is over and when it is ended. Once a copy exists and the pod is being deleted, it kills the pod's processes before it releases
/// them: no instruction of them runs again. Commands leave requests in a folder in memory: the root of the pod is read-only.
/// </summary>
internal static class KeeperScript
{
    /// <summary>Where the helper pod mounts the node's cgroups.</summary>
    public const string MountPath = "/host/sys/fs/cgroup";

    private const string HostPath = "/sys/fs/cgroup";

    /// <summary>How long the helper pod lives without a sign of its client before it holds anything.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>
    /// The functions. <c>dir</c> is the folder of requests, <c>root</c> the folder of the cgroups, <c>proc</c> that of the processes. Times are
    /// hundredths of a second since the node started, as /proc/uptime has them.
    /// </summary>
    private const string Functions = """
        for t in find grep mkdir rm sleep; do
          command -v $t >/dev/null 2>&1 || eval "$t() { busybox $t \"\$@\"; }"
        done
        pause() { sleep "$1" 2>/dev/null || sleep 1; }
        clock() { read -r now _ < "$proc/uptime"; now=${now%.*}${now#*.}; }

        # own FOLDER: s is 1 if the cgroup itself is frozen, 0 if it is not.
        own() {
          s=
          if [ $v = 1 ]; then read -r s < "$1/freezer.self_freezing"; else read -r s < "$1/cgroup.freeze"; fi
        } 2>/dev/null
        freeze() { if [ $v = 1 ]; then echo FROZEN > "$1/freezer.state"; else echo 1 > "$1/cgroup.freeze"; fi; } 2>/dev/null
        thaw() { if [ $v = 1 ]; then echo THAWED > "$1/freezer.state"; else echo 0 > "$1/cgroup.freeze"; fi; } 2>/dev/null

        # still FOLDER: whether everything in the cgroup is frozen.
        still() {
          s=
          if [ $v = 1 ]; then read -r s < "$1/freezer.state"; [ "$s" = FROZEN ]; return; fi
          while read -r k s; do [ "$k $s" != 'frozen 1' ] || return 0; done < "$1/cgroup.events"
          return 1
        } 2>/dev/null
        stand() {
          clock
          end=$((now+200))
          until still "$pod" || [ $now -gt $end ]; do clock; done
        }

        # weigh: gives this shell the weight of a CPU, so that it sees the end of a dump on a busy node. Where that fails it sees it later.
        weigh() {
          b=$root f=cpu.weight n=100
          if [ -d "$root/cpu" ]; then b=$root/cpu f=cpu.shares n=1024; fi
          for e in $(find "$b" -name cgroup.procs -exec grep -lx $$ {} + ); do
            e=${e%/*}
            case $e in */kubepods*/*pod*/*) echo $n > "${e%/*}/$f"; echo $n > "$e/$f";; esac
          done
        } 2>/dev/null

        # locate ID UID: c is the cgroup of a container, the one nearest to the root.
        locate() {
          c=
          u=$2
          while case $u in *-*) true;; *) false;; esac; do u=${u%%-*}_${u#*-}; done
          for f in $(find "$base" -type d \( -name "$1" -o -name "crio-$1" -o -name "crio-$1.scope" -o -name "cri-containerd-$1.scope" \
              -o -name "docker-$1.scope" \) 2>/dev/null); do
            case ${f%/*} in */kubepods*/*pod"$2"|*/kubepods*/*pod"$u".slice) [ -n "$c" ] && [ ${#c} -le ${#f} ] || c=$f;; esac
          done
          [ -n "$c" ]
        }

        # open LEASE MARGIN LONGEST UID ID...
        open() {
          lease=$1 margin=$2 longest=$3 uid=$4
          shift 4
          v=2 base=$root
          if [ -d "$root/freezer" ]; then v=1 base=$root/freezer; fi
          ids="$*" pod= first= copy= alone= watched=
          for i in $ids; do
            if ! locate "$i" "$uid"; then reply="missing $i"; return; fi
            if [ -n "$pod" ] && [ "$pod" != "${c%/*}" ]; then reply="missing $i"; return; fi
            pod=${c%/*}
            eval "c_$i=\$c"
            own "$c"
            if [ "$s" = 1 ]; then reply="busy $c"; return; fi
            if [ $v = 1 ]; then f=$c/freezer.state; else f=$c/cgroup.freeze; fi
            if [ ! -w "$f" ]; then reply="readonly $f"; return; fi
          done
          own "$pod"
          if [ "$s" = 1 ]; then reply="busy $pod"; return; fi
          if [ $v = 1 ]; then f=$pod/freezer.state; else f=$pod/cgroup.freeze; fi
          if [ ! -w "$f" ]; then reply="readonly $f"; return; fi
          state=open
          save
          reply="open $v"
        }

        # What a second keeper needs, should the first one be killed.
        save() { printf '%s\n' "$v" "$pod" "$uid" "$copy" "$ids" > "$dir/saved"; }

        # arm ID: the containers held so far are held alone, the pod runs, and the container is watched.
        arm() {
          case " $ids " in *" $1 "*) ;; *) reply="missing $1"; return;; esac
          if [ -n "$watched" ] && [ "$state" = held ] && [ "$watched" != "$1" ]; then alone="$alone $watched"; fi
          kept=
          for i in $alone; do
            eval "d=\$c_$i"
            if [ $i = "$1" ]; then thaw "$d"; continue; fi
            kept="$kept $i"
            # The runtime resumes it once its archive is written; that would end a hold of its own.
            clock
            end=$((now+1000))
            if [ $i = "$watched" ]; then
              own "$d"
              while [ "$s" = 1 ] && [ $now -lt $end ]; do pause 0.01; clock; own "$d"; done
            fi
            freeze "$d"
          done
          alone=$kept watched=$1
          eval "w=\$c_$1"
          [ -z "$first" ] || thaw "$pod"
          clock
          last=$now armed=$now phase=0 ran= at= state=watch
          reply=armed
        }

        # traced: whether CRIU has stopped the watched container's first process.
        traced() {
          read -r p < "$w/cgroup.procs" || return 1
          while read -r k s; do
            case $k in TracerPid:) [ "$s" != 0 ]; return;; esac
          done < "$proc/$p/status"
          return 1
        } 2>/dev/null

        # tell WORD: what signs print.
        tell() { printf '%s\n' "$state${1+ $1}" > "$dir/state"; }

        # look: reads the watched container's freezer. The runtime freezes it, CRIU thaws it for its parasite code and freezes it again at
        # the end of the dump. A runtime that could not freeze it at once thaws it too, for a moment, untraced: then it begins again.
        look() {
          clock
          s=
          if [ $v = 1 ]; then read -r s < "$w/freezer.state"; else read -r s < "$w/cgroup.freeze"; fi
          case $phase$s in
            0FROZEN|01) phase=1; tell paused;;
            1THAWED|10) phase=2 dumping=$now sure=; tell thawed;;
            2THAWED|20) if [ -z "$sure" ] && traced; then sure=1; tell traced; fi;;
            2FROZEN|21) if [ -n "$sure" ] || [ $((now-dumping)) -ge 3 ]; then hold; tell; else phase=1; tell paused; fi;;
          esac
          last=$now
        } 2>/dev/null

        # hold: freezes the pod. If the runtime has not resumed the container by then, nothing ran since the dump.
        hold() {
          since=$last at=$now
          freeze "$pod"
          own "$w"
          was=$s
          stand
          [ -n "$first" ] || first=$at
          if [ "$was" = 1 ]; then ran=0; else at=$now ran=$(((now-since+1)*10)); fi
          state=held
        }

        # held: the checkpoint has returned. A resume that was not seen was after the last thing that was.
        held() {
          if [ "$state" = watch ]; then
            clock
            case $phase in 0) last=$armed;; 2) last=$dumping;; esac
            hold
          fi
          clock
          if [ "$state" = held ]; then still "$pod" || stand; fi
          if [ "$state" = held ] && still "$pod"; then reply="held $(((now-at)*10)) $ran"; else reply="failed $state"; fi
        }

        # each_process COMMAND: runs it with each process of the pod.
        each_process() {
          for e in "$pod" "$pod"/* "$pod"/*/* "$pod"/*/*/*; do
            case $e in "$pod"/crio-conmon-*) continue;; esac
            [ ! -f "$e/cgroup.procs" ] || while read -r p; do
              case $p in ''|0|1|*[!0-9]*) ;; *) "$1" "$p";; esac
            done < "$e/cgroup.procs"
          done
        } 2>/dev/null
        fatal() {
          while read -r k s; do
            case $k in SigPnd:|ShdPnd:) case $s in *[4567cdef]???|*[13579bdf]??) doomed=1;; esac;; esac
          done < "$proc/$1/status"
        } 2>/dev/null
        kill_one() { kill -9 "$1"; } 2>/dev/null

        # doomed: whether SIGTERM or SIGKILL waits for a process of the pod.
        doomed() { doomed=; each_process fatal; [ -n "$doomed" ]; }
        kill_all() {
          if [ $v = 2 ]; then
            for e in "$pod"/*/; do
              case $e in "$pod"/crio-conmon-*) ;; *) [ ! -w "${e}cgroup.kill" ] || echo 1 > "${e}cgroup.kill";; esac
            done
          fi
          each_process kill_one
        } 2>/dev/null
        release() {
          for i in $ids; do
            case " $alone " in *" $i "*) eval "d=\$c_$i"; thaw "$d";; esac
          done
          thaw "$pod"
          alone= watched=
          rm -f "$dir/saved"
        }

        # leave REASON: releases the pod unasked.
        leave() {
          how=thawed
          if [ -n "$copy" ] && doomed; then how=ended; kill_all; fi
          release
          state="$how $1"
          tell
        }

        # answer: does what a command has requested.
        answer() {
          q=
          read -r n q < "$dir/request" || return 0
          case $q in *' .') q=${q% .};; *) return 0;; esac
          case $n in ''|*[!0-9]*) return 0;; esac
          [ "$n" -gt "$answered" ] || return 0
          answered=$n reply=
          clock
          signed=$now
          set -- $q
          if [ "$1" != open ] && case $state in thawed*|ended*|idle) true;; *) false;; esac; then
            reply="lost $state"
          else
            case $1 in
              open) shift; open "$@";;
              arm) arm "$2";;
              held) held;;
              copy) copy=1; save; reply=copy;;
              thaw) release; state='thawed asked'; reply=thawed;;
              end) kill_all; release; state='ended asked'; reply=ended;;
              *) reply='failed request';;
            esac
          fi
          tell
          printf '%s\n' "$n $reply ." > "$dir/reply"
        } 2>/dev/null

        # late: ends or releases when a time is over.
        late() {
          clock
          x=
          read -r x < "$dir/sign"
          [ "$x" = "$sign" ] || [ -z "$x" ] || { sign=$x signed=$now; }
          more=0
          if [ -n "$copy" ]; then more=$margin; fi
          case $state in
            open|watch|held)
              if [ $now -gt $((signed+lease+more)) ]; then leave silent; return 0; fi
              if [ -n "$first" ] && [ $now -gt $((first+longest+more)) ]; then leave longest; fi
              return 1;;
          esac
          [ $now -gt $((signed+patience)) ]
        } 2>/dev/null

        stop() {
          case $state in open|watch|held) leave stopped;; esac
          rm -rf "$dir"
          exit 0
        }

        # keep FOLDER ROOT PROC PATIENCE: the main process.
        keep() {
          dir=$1 root=$2 proc=$3 patience=$4
          state=idle answered=0 sign= copy= first= alone= watched= ids=
          umask 077
          mkdir -p "$dir"
          clock
          signed=$now
          trap stop TERM INT HUP
          weigh
          if [ -f "$dir/saved" ]; then resume; fi
          while ! late; do
            answer
            if [ "$state" = watch ]; then
              t=0
              while [ $t -lt 20 ] && [ "$state" = watch ]; do look; t=$((t+1)); done
            else
              pause 0.05
            fi
          done
          stop
        }

        # resume: an earlier keeper was killed. What it held is released.
        resume() {
          { read -r v; read -r pod; read -r uid; read -r copy; read -r ids; } < "$dir/saved"
          base=$root
          [ $v = 2 ] || base=$root/freezer
          for i in $ids; do
            if locate "$i" "$uid"; then eval "c_$i=\$c"; else eval "c_$i=/"; fi
          done
          alone=$ids
          leave restarted
          rm -rf "$dir"
          exit 0
        }

        # ask FOLDER TRIES NUMBER REQUEST: leaves a request and prints the reply.
        ask() {
          dir=$1 t=$2
          shift 2
          while [ $t -gt 0 ] && [ ! -d "$dir" ]; do pause 0.02; t=$((t-1)); done
          printf '%s\n' "$* ." > "$dir/request" || return 3
          while [ $t -gt 0 ]; do
            r=
            read -r n r < "$dir/reply"
            if [ "$n" = "$1" ]; then case $r in *' .') printf '%s\n' "${r% .}"; return 0;; esac; fi
            pause 0.02
            t=$((t-1))
          done 2>/dev/null
          return 4
        }

        # sign FOLDER NUMBER: the client lives. Prints the state.
        sign() {
          printf '%s\n' "$2" > "$1/sign" || return 3
          read -r s < "$1/state"
          printf '%s\n' "$s"
        } 2>/dev/null

        """;

    /// <summary>The functions, as they are given to the helper pod.</summary>
    public static string Text { get; } = Functions.ReplaceLineEndings("\n");

    /// <summary>The role of the helper pod.</summary>
    /// <param name="folder">The folder of its requests.</param>
    public static HelperRole RoleFor(string folder) => new(
        OwnerRole.Freeze, [new("cgroup", HostPath, MountPath, IsReadOnly: false)], NeedsTools: false, Functions: Text)
    {
        SharesProcessIds = true,
        Capabilities = ["KILL"],
        Main = $"{HelperRole.UseFunctions}{Keep(folder, MountPath, "/proc", Patience)}",
    };

    /// <summary>The command of the main process.</summary>
    public static string Keep(string folder, string root, string processes, TimeSpan patience) =>
        $"keep {ShellWord.Quote(folder)} {ShellWord.Quote(root)} {ShellWord.Quote(processes)} {Hundredths(patience)}";

    /// <summary>The command that asks the main process for something.</summary>
    public static string Ask(string folder, TimeSpan limit, long number, string request) =>
        $"ask {ShellWord.Quote(folder)} {(int)Math.Ceiling(limit / TimeSpan.FromMilliseconds(20))} {number} {request}";

    /// <summary>The command that tells the main process that its client lives.</summary>
    public static string Sign(string folder, long number) => $"sign {ShellWord.Quote(folder)} {number}";

    /// <summary>The request that finds the cgroups.</summary>
    public static string Open(HoldOptions options, string uid, IEnumerable<string> ids) =>
        $"open {Hundredths(options.Lease)} {Hundredths(options.CopyMargin)} {Hundredths(options.MaxFreeze)} {uid} {string.Join(' ', ids)}";

    private static string Hundredths(TimeSpan time) => ((long)(time.TotalSeconds * 100)).ToString(CultureInfo.InvariantCulture);
}
