using System.Text.RegularExpressions;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>
/// The runtime of a node as a systemd service. The commands that a privileged pod runs on the node are emulated by a script in the node's
/// folder; a restart makes the configuration in /etc take effect.
/// </summary>
internal sealed partial class NodeService(NodeState node)
{
    /// <summary>The environment variable of privileged containers with the node's folder.</summary>
    public const string Variable = "SANDBOX_NODE";

    /// <summary>The command that runs others in the namespaces of process 1.</summary>
    public const string Nsenter = """
        #!/bin/sh
        if [ -z "$SANDBOX_NODE" ]; then echo "nsenter: can't open '/proc/1/ns/mnt': Permission denied" >&2; exit 1; fi
        while [ "$1" != -- ]; do shift; done
        shift
        exec sh "$SANDBOX_NODE/service/host.sh" "$@"

        """;

    private const string Host = """
        cd "$SANDBOX_NODE/service" || exit 1
        read -r mode < mode
        files() { for f in "$1"/crio/crio.conf "$1"/crio/crio.conf.d/* "$1"/containerd/*.toml "$1"/containerd/*.d/*.toml; do [ ! -f "$f" ] || echo "$f"; done; }
        case $1 in
          true) ;;
          readlink) echo /usr/bin/runtime;;
          cat) printf '/usr/bin/runtime\0';;
          systemctl)
            if [ "$mode" = NoSystemd ]; then
              echo "System has not been booted with systemd as init system (PID 1). Can't operate." >&2
              exit 1
            fi
            case "$*" in
              *show*) cat pid;;
              *is-active*) read -r pid < pid; if [ "$pid" = 0 ]; then echo failed; exit 3; fi; echo active;;
              *restart*)
                echo "$*" >> restarts
                n=$(wc -l < restarts)
                ours=; for f in $(files ../etc); do case $f in *99-kubecheckpoint*) ours=1;; esac; done
                case $mode/$ours/$n in FailsToStart/1/*|NeverStarts/*) echo 0 > pid; exit 0;; esac
                rm -rf applied; mkdir applied
                for d in crio containerd; do [ ! -d "../etc/$d" ] || cp -R "../etc/$d" applied/; done
                if [ "$mode" = NodeStaysDown ]; then echo > down; fi
                echo $((100 + n)) > pid;;
            esac;;
          /usr/bin/runtime)
            from=../etc; case "$*" in *status*) from=applied;; esac
            for f in $(files "$from"); do
              if grep -vE '^[[:space:]]*(#.*|\[.*\].*|[^=]+=.*|)$' "$f" > bad; then
                echo "containerd: failed to unmarshal TOML: $(cat bad)" >&2
                exit 1
              fi
              cat "$f"
            done;;
          *) exit 127;;
        esac

        """;

    private static readonly string[] Folders = ["crio", "containerd"];

    /// <summary>How often it was restarted.</summary>
    public int Restarts => File.Exists(PathOf("restarts")) ? File.ReadAllLines(PathOf("restarts")).Length : 0;

    /// <summary>Whether checkpoints are on, as far as the configuration says.</summary>
    public bool Checkpoints => Setting("enable_criu_support") != "false" && Setting("container_level_enabled") != "none" && Setting("enable_criu") != "false";

    /// <summary>Whether restores are on, as far as the configuration says.</summary>
    public bool Restores => Checkpoints && Setting("container_level_enabled") is null or "checkpoint_restore"
        && Setting("enable_experimental_restore_via_create") != "false";

    /// <summary>Whether CRIU is told that established TCP connections are to be checkpointed. It reads the file each time.</summary>
    public bool AllowsEstablishedTcp => ((string[])["/etc/criu/crun.conf", "/etc/criu/runc.conf"]).Select(node.HostPath).Where(File.Exists).Take(1)
        .Any(file => File.ReadAllLines(file).Any(line => line.Trim() == "tcp-established"));

    /// <summary>Starts it for the first time.</summary>
    public void Start()
    {
        PrivateFile.CreateFolder(node.HostPath("/service"));
        PrivateFile.Write(PathOf("host.sh"), Host.ReplaceLineEndings("\n"));
        PrivateFile.Write(PathOf("mode"), node.Definition.Host.Service + "\n");
        PrivateFile.Write(PathOf("pid"), "100\n");
        foreach (var folder in Folders.Where(folder => Directory.Exists(node.HostPath($"/etc/{folder}"))))
        {
            foreach (var file in Directory.GetFiles(node.HostPath($"/etc/{folder}"), "*", SearchOption.AllDirectories))
            {
                var copy = PathOf($"applied{file[node.HostPath("/etc").Length..]}");
                PrivateFile.CreateFolder(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }
    }

    /// <summary>Reports that the node is not Ready if its runtime did not come back.</summary>
    public void Report(ClusterState state)
    {
        if (!File.Exists(PathOf("down")))
            return;
        state.Store.Update("nodes", "", node.Name, stored =>
        {
            foreach (var condition in stored.Items("status", "conditions").Where(condition => condition.Text("type") == "Ready"))
                condition["status"] = "False";
        });
    }

    /// <summary>The last value of a setting in the files that the runtime has read.</summary>
    private string? Setting(string key) => AppliedFiles().SelectMany(File.ReadAllLines)
        .Select(line => line.Split('#')[0].Split('=', 2))
        .LastOrDefault(parts => parts.Length == 2 && parts[0].Trim() == key)?[1].Trim().Trim('"', '\'');

    private IEnumerable<string> AppliedFiles()
    {
        if (node.Definition.Runtime == SandboxRuntime.CriO)
            return Existing("crio/crio.conf").Concat(FilesOf("crio/crio.conf.d"));
        var main = Existing("containerd/config.toml").ToList();
        var imports = main.SelectMany(file => Imports().Matches(File.ReadAllText(file)))
            .SelectMany(match => Quoted().Matches(match.Value))
            .Select(match => match.Groups[1].Value["/etc/".Length..].Split('/'));
        return main.Concat(imports.SelectMany(parts => FilesOf(string.Join('/', parts[..^1]), parts[^1])));
    }

    private IEnumerable<string> Existing(string name) => File.Exists(PathOf($"applied/{name}")) ? [PathOf($"applied/{name}")] : [];

    private IEnumerable<string> FilesOf(string folder, string pattern = "*") => Directory.Exists(PathOf($"applied/{folder}"))
        ? Directory.GetFiles(PathOf($"applied/{folder}"), pattern).Order(StringComparer.Ordinal)
        : [];

    private string PathOf(string name) => node.HostPath($"/service/{name}");

    [GeneratedRegex(@"^imports\s*=\s*\[[^\]]*\]", RegexOptions.Multiline)]
    private static partial Regex Imports();

    [GeneratedRegex("[\"']([^\"']+)[\"']")]
    private static partial Regex Quoted();
}
