using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Preflight.Hosts;

/// <summary>
/// The script that inspects a node from a pod. It uses only sh built-ins, for images that have little else. Each line of its output begins with
/// a keyword. On real nodes, /proc and /sys of an ordinary container show the kernel, processor, cgroups and security module; the node's own
/// /etc and /usr are needed only for criu and the runtime configuration.
/// </summary>
internal static class HostScript
{
    /// <summary>Where the pod mounts the folders of the node.</summary>
    public const string Root = "/host";

    private const string EtcPath = Root + "/etc";
    private const string UsrPath = Root + "/usr";

    /// <summary>The folders of the node, read-only.</summary>
    public static IReadOnlyList<HelperFolder> Folders { get; } =
        [new("etc", "/etc", EtcPath, IsReadOnly: true), new("usr", "/usr", UsrPath, IsReadOnly: true)];

    /// <summary>Prints the auxiliary vector of the printing program, as the kernel created it.</summary>
    public const string AuxiliaryVector = "cat /proc/self/auxv 2>/dev/null || dd if=/proc/self/auxv 2>/dev/null || busybox cat /proc/self/auxv";

    // CRIU is linked to libraries of the node, which only the node's own loader finds.
    private const string RunCriu = """
        p=/host/usr/lib64:/host/usr/lib
        for q in /host/usr/lib/*-linux-gnu*; do p=$p:$q; done
        v=$("$c" --version 2>/dev/null) || for l in /host/usr/lib64/ld*.so.* /host/usr/lib/ld*.so.* /host/usr/lib/*/ld-linux*.so.*; do
          [ -f "$l" ] && v=$("$l" --library-path "$p" "$c" --version 2>/dev/null) && break
        done
        case $v in *Version:*) v=${v#*Version: }; for w in $v; do echo "criuversion $w"; break; done;; esac
        """;

    /// <summary>The shell patterns of the lines that are settings of interest.</summary>
    private static string SettingPatterns => string.Join('|', RuntimeConfiguration.Names.Select(name => $"{name}*"));

    // containerd reads no file but config.toml unless that has imports.
    public static string Text { get; } = $$"""
        r() { l=; [ -r "$1" ] && IFS= read -r l < "$1"; [ -n "$l" ] && echo "$2 $l"; }
        r /proc/sys/kernel/osrelease kernel
        r /sys/module/apparmor/parameters/enabled apparmor
        while read -r t f; do [ "$f" = selinuxfs ] && echo "selinux Y"; done < /proc/filesystems
        while IFS= read -r l; do case $l in flags*|Features*|features*) echo "cpu ${l#*:}"; break;; esac; done < /proc/cpuinfo
        while IFS= read -r l; do case $l in *' - cgroup2 '*) echo 'cgroup 2';; *' - cgroup '*) echo 'cgroup 1';; esac; done < /proc/self/mountinfo
        if [ -d /host/usr ] && [ -d /host/etc ]; then
        echo 'files Y'
        c=
        for d in sbin bin local/sbin local/bin; do
          [ -z "$c" ] && [ -f "/host/usr/$d/criu" ] && c=/host/usr/$d/criu
          for o in runc crun; do [ -f "/host/usr/$d/$o" ] && echo "oci $o"; done
        done
        if [ -n "$c" ]; then echo "criu $c"
        {{RunCriu}}
        fi
        for f in runc crun default; do
          [ -r "/host/etc/criu/$f.conf" ] || continue
          while read -r l || [ -n "$l" ]; do case $l in ''|'#'*) ;; *) echo "option $f.conf $l";; esac; done < "/host/etc/criu/$f.conf"
        done
        i=
        for f in /host/etc/crio/crio.conf /host/etc/crio/crio.conf.d/* /host/etc/containerd/config.toml /host/etc/containerd/*.d/*.toml; do
          [ -f "$f" ] && [ -r "$f" ] || continue
          case $f in /host/etc/containerd/*.d/*) [ -n "$i" ] || continue;; esac
          echo "config $f"
          while read -r l || [ -n "$l" ]; do case $l in {{SettingPatterns}}) echo "setting $l";; imports*) i=1;; esac; done < "$f"
        done
        fi
        true
        """.ReplaceLineEndings("\n");
}
