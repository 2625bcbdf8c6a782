using System.Collections.Concurrent;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Containers;

/// <summary>
/// Looks at the processes of containers from their nodes, for containers without a shell. A helper pod shares the process IDs of its node and
/// finds a container's processes by their cgroup. It mounts nothing and is not privileged; it may read what /proc says of processes of others
/// (capability SYS_PTRACE) and of other users (DAC_READ_SEARCH), and has no other capability. Each node gets one pod.
/// </summary>
/// <param name="pods">Creates the pods and deletes them at the end.</param>
/// <param name="functions">Shell functions for the scripts.</param>
/// <param name="requiredTools">The tools that they use.</param>
internal sealed class NodeProcesses(HelperPodSet pods, string functions, IReadOnlyList<string> requiredTools)
{
    /// <summary>The exit code of a script whose container has no process on the node.</summary>
    private const int NoProcess = 3;

    /// <summary>
    /// <c>container_has ID FOLDER</c>: whether a process, a folder of /proc, is in the container's cgroup. Its last part is the ID, with a prefix of the
    /// runtime's and, under systemd, a suffix. What supervises the container (crio-conmon-ID.scope) is not in the container.
    /// <c>container_processes ID</c>: the folders of all of them. grep, which is fast, finds candidates.
    /// </summary>
    private const string Finder = """
        container_has() {
          while IFS= read -r l; do
            case $l/ in *"/$1/"*|*"/crio-$1/"*|*"/crio-$1.scope/"*|*"/cri-containerd-$1.scope/"*|*"/docker-$1.scope/"*) return 0;; esac
          done 2>/dev/null < "$2/cgroup"
          return 1
        }
        container_processes() {
          grep -lsF "$1" /proc/[0-9]*/cgroup | while IFS= read -r f; do
            if container_has "$1" "${f%/cgroup}"; then echo "${f%/cgroup}"; fi
          done
        }

        """;

    private const string Denied = "Check the node's audit log for SELinux or AppArmor denials.";

    private static readonly NodeOutput NotFound = new(
        null,
        "none of the node's processes is in the container",
        "Get the pod again: the container may have ended or been restarted. Processes of Kata Containers and the like are not on the node.");

    private readonly ConcurrentDictionary<string, HelperPod> _helpers = new(StringComparer.Ordinal);

    /// <summary>The role of the helper pods.</summary>
    public static HelperRole RoleFor(string functions) => new(OwnerRole.Inspect, [], NeedsTools: false, Functions: Finder + functions)
    {
        SharesProcessIds = true,
        Capabilities = ["SYS_PTRACE", "DAC_READ_SEARCH"],
    };

    /// <summary>Runs a script for a container. What prevents that is a reason, not a failure.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="container">The container.</param>
    /// <param name="script">
    /// The script. It may use the functions, the variable <c>id</c>, and <c>c</c> with the folders of the container's processes.
    /// </param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="silence">How long the connection may stay silent.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task<NodeOutput> RunAsync(
        Pod pod, string container, string script, IEnumerable<string> arguments, TimeSpan silence, CancellationToken cancellationToken)
    {
        if (pod.NodeName is not { } node || IdOf(pod, container) is not { } id)
            return NotFound;
        try
        {
            var helper = _helpers.GetOrAdd(node, name => pods.Add(name, RoleFor(functions)));
            var tools = await helper.StartedAsync(cancellationToken).ConfigureAwait(false);
            IReadOnlyList<string> used = ["grep", .. requiredTools];
            helper.Require(tools, used);
            var whole = $"{HelperRole.UseFunctions}{tools.FunctionsFor(used)}id={id}\nc=$(container_processes $id)\n"
                + $"[ -n \"$c\" ] || exit {NoProcess}\n{script}";
            var (result, output) = await helper
                .RepeatAsync(() => helper.Exec.RunAsync(["sh", "-c", whole, "sh", .. arguments], silence, cancellationToken), "/proc", cancellationToken)
                .ConfigureAwait(false);
            return result.ExitCode switch
            {
                0 => new(output),
                NoProcess => NotFound,
                _ => new(null, $"the helper pod cannot read them (exit code {result.ExitCode}): {result.Errors.Shorten(200)}", Denied),
            };
        }
        catch (KubeCheckpointException failure)
        {
            return new(null, failure.Message.Shorten(300).TrimEnd('.'), failure.RecommendedAction);
        }
    }

    /// <summary>The ID of a container; null if it is not one that can be a part of a script.</summary>
    private static string? IdOf(Pod pod, string container) =>
        RuntimeContainerId.DigitsOf(pod.Containers.FirstOrDefault(known => known.Name == container));
}

/// <summary>The output of a script for a container, or why there is none, as a clause.</summary>
/// <param name="Output">The output.</param>
/// <param name="Reason">The reason.</param>
/// <param name="Remedy">What to do about it.</param>
internal sealed record NodeOutput(string? Output, string? Reason = null, string? Remedy = null);
