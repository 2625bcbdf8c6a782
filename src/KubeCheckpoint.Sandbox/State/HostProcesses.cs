using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>
/// A node's /proc, as a container that shares its process IDs sees it: the processes of the node's containers in their cgroups, and those that
/// supervise CRI-O's. Without the capabilities for it, only their status is there.
/// </summary>
internal static class HostProcesses
{
    private const int FirstEmulated = 5_000_000;

    private static readonly string[] Capabilities = ["SYS_PTRACE", "DAC_READ_SEARCH"];

    private static int _last;

    /// <summary>What a container sees at the moment.</summary>
    public static HostMount For(JsonObject container, NodeState node, ClusterState state)
    {
        var number = Interlocked.Increment(ref _last).ToString(CultureInfo.InvariantCulture);
        var folder = PrivateFile.CreateFolder(node.HostPath($"/host-proc/{number}")).FullName;
        foreach (var name in (string[])["self", "uptime"])
            File.CreateSymbolicLink(Path.Join(folder, name), $"/proc/{name}");
        var added = (container.At("securityContext", "capabilities", "add") as JsonArray ?? []).Select(item => item.Text()).ToList();
        var seesAll = Capabilities.All(added.Contains);
        var emulated = FirstEmulated;
        foreach (var pod in state.Store.List("pods").Objects.Select(stored => stored.Parse()).Where(pod => pod.Text("spec", "nodeName") == node.Name))
        {
            foreach (var status in pod.Items("status", "containerStatuses").Where(status => status.Text("containerID").Length > 0))
            {
                var id = status.Text("containerID").Split("//")[^1];
                var name = $"{pod.Text("metadata", "namespace")}/{pod.Text("metadata", "name")}/{status.Text("name")}";
                var inside = 1;
                foreach (var process in state.Processes.GetValueOrDefault(name, []))
                    AddReal(folder, process, inside++, node.Cgroups.Tree.ProcessFile(pod.Text("metadata", "uid"), id), seesAll);
                if (state.ContainerFiles.Find(pod.Text("metadata", "uid"), status.Text("name")) is { } root)
                    AddRestored(folder, emulated++, root, node.Cgroups.Tree.ProcessFile(pod.Text("metadata", "uid"), id), seesAll);
                if (node.Definition.Runtime == SandboxRuntime.CriO)
                    Make(folder, emulated++, $"0::/system.slice/crio-conmon-{id}.scope\n", "conmon");
            }
        }

        node.Cgroups.Link(folder);
        return new("/proc", folder, ReadOnly: true);
    }

    private static void AddReal(string folder, int process, int inside, string cgroups, bool seesAll)
    {
        var real = $"/proc/{process}";
        var own = Make(folder, process, cgroups, "");
        var lines = File.ReadLines($"{real}/status").Where(line => !line.StartsWith("NSpid:", StringComparison.Ordinal));
        File.WriteAllLines(Path.Join(own, "status"), lines.Append($"NSpid:\t{process}\t{inside}"));
        foreach (var name in (string[])["net", "mountinfo", .. seesAll ? (string[])["fd", "fdinfo", "maps"] : []])
            File.CreateSymbolicLink(Path.Join(own, name), $"{real}/{name}");
        Directory.CreateDirectory(Path.Join(own, "ns"));
        foreach (var name in seesAll ? (string[])["exe", "ns/pid", "ns/user"] : [])
            File.CreateSymbolicLink(Path.Join(own, name), new FileInfo($"{real}/{name}").LinkTarget!);
    }

    private static void AddRestored(string folder, int process, string root, string cgroups, bool seesAll)
    {
        var own = Make(folder, process, cgroups, "restored");
        File.CreateSymbolicLink(Path.Join(own, "stat"), ContainerFiles.Process(root).Folder);
        if (seesAll)
            File.CreateSymbolicLink(Path.Join(own, "root"), root);
    }

    private static string Make(string folder, int process, string cgroups, string name)
    {
        var own = PrivateFile.CreateFolder(Path.Join(folder, process.ToString(CultureInfo.InvariantCulture))).FullName;
        File.WriteAllText(Path.Join(own, "cgroup"), cgroups);
        File.WriteAllText(Path.Join(own, "status"), $"Name:\t{name}\nState:\tS (sleeping)\nNSpid:\t{process}\t1\n");
        return own;
    }
}
