using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Preflight.Checks;

namespace KubeCheckpoint.Cluster.Initialization;

/// <summary>What the script has found of a node's configuration. The output comes from a node and may be malformed.</summary>
internal sealed record NodeSettings
{
    private const string CrioFile = "/etc/crio/crio.conf";
    private const string ContainerdFile = "/etc/containerd/config.toml";

    /// <summary>CRI-O's default since 1.31 (cri-o, pkg/config/config_linux.go).</summary>
    private static readonly ComponentVersion CrioWithCrun = new(1, 31);

    /// <summary>The hashes of the files, by path.</summary>
    public required IReadOnlyDictionary<string, string> Hashes { get; init; }

    /// <summary>Files and folders that are symbolic links.</summary>
    public required IReadOnlySet<string> Links { get; init; }

    /// <summary>The files that earlier runs have changed.</summary>
    public required IReadOnlyList<string> Written { get; init; }

    /// <summary>Whether the runtime needs a restart since an earlier run: neither it nor the node has been started anew.</summary>
    public required bool AwaitsRestart { get; init; }

    /// <summary>The OCI runtimes in the usual folders.</summary>
    public IReadOnlyList<string> OciRuntimes { get; init; } = [];

    /// <summary>The TOML files, in the order in which their runtime reads them.</summary>
    public required IReadOnlyList<TomlFile> Toml { get; init; }

    /// <summary>The content of CRIU's configuration files that exist, by path.</summary>
    public IReadOnlyDictionary<string, string> CriuFiles { get; init; } = new Dictionary<string, string>();

    /// <summary>The hash of a file, or <see cref="NodeFileScript.Absent"/>.</summary>
    public string HashOf(string path) => Hashes.GetValueOrDefault(path, NodeFileScript.Absent);

    /// <summary>The assignments that a runtime reads, the last of which counts.</summary>
    public IEnumerable<TomlEntry> EntriesOf(string? runtimeName) => FilesOf(runtimeName).SelectMany(file => file.Entries);

    /// <summary>The names of the plugins that containerd's configuration has sections for.</summary>
    public IReadOnlySet<string> ContainerdPlugins => FilesOf("containerd").SelectMany(file => file.Sections)
        .Where(section => section.Count > 1 && section[0] == "plugins")
        .Select(section => section[1])
        .ToHashSet(StringComparer.Ordinal);

    /// <summary>The patterns of the files that containerd's configuration imports, or null if it does not say.</summary>
    public IReadOnlyList<string>? Imports => Toml.FirstOrDefault(file => file.Path == ContainerdFile)?.Entries
        .LastOrDefault(entry => entry.Key == "imports" && entry.Section.Count == 0)?.Strings;

    /// <summary>The value of a setting, or null.</summary>
    public string? Setting(string? runtimeName, string key) => EntriesOf(runtimeName).LastOrDefault(entry => entry.Key == key)?.Value;

    /// <summary>The program that the runtime runs containers with by default: runc, crun or another.</summary>
    public string OciRuntime(ClusterNode node)
    {
        var entries = EntriesOf(node.RuntimeName).ToList();
        var isCriO = node.RuntimeName == "cri-o";
        var fallback = isCriO && ComponentVersion.Parse(node.RuntimeVersion) >= CrioWithCrun ? "crun" : "runc";

        // The runtime may have been told on its command line.
        if (OciRuntimes is [{ } only])
            fallback = only;
        var name = entries.LastOrDefault(entry => entry.Key is "default_runtime" or "default_runtime_name")?.Value ?? fallback;
        var program = entries.LastOrDefault(entry => entry.Key is "runtime_path" or "BinaryName" && entry.Section.Contains(name))?.Value;
        if (string.IsNullOrEmpty(program))
            program = isCriO || name == "crun" ? name : "runc";
        var file = program.Split('/')[^1];
        return file.Contains("crun", StringComparison.Ordinal) ? "crun" : file.Contains("runc", StringComparison.Ordinal) ? "runc" : file;
    }

    /// <summary>Reads the output of <see cref="NodeFileScript.Look"/>; null if it is cut off.</summary>
    public static NodeSettings? Read(string output)
    {
        var lines = output.Split('\n').Select(line => line.Split(' ', 2)).ToList();
        if (!lines.Exists(parts => parts[0] == "end"))
            return null;
        var values = lines.Where(parts => parts.Length == 2).ToLookup(parts => parts[0], parts => parts[1]);
        var boot = values["boot"].FirstOrDefault();
        var files = values["file"].Select(text => text.Split(' ', 2)).Where(parts => parts.Length == 2);
        return new()
        {
            Hashes = files.DistinctBy(parts => parts[1]).ToDictionary(parts => OnNode(parts[1]), parts => parts[0], StringComparer.Ordinal),
            Links = values["link"].Select(OnNode).ToHashSet(StringComparer.Ordinal),
            Written = [.. values["log"].Select(OnNode)],
            AwaitsRestart = values["restart"].Any(text => StillRuns(text.Split(' '), boot, values["runtimes"].FirstOrDefault()?.Split(' ') ?? [])),
            OciRuntimes = [.. values["oci"].Distinct(StringComparer.Ordinal)],
            Toml = [.. TomlFiles(lines).OrderBy(file => IsMain(file.Path) ? 0 : 1).ThenBy(file => file.Path, StringComparer.Ordinal)],
        };
    }

    /// <summary>Whether a file is the one that a runtime reads first.</summary>
    public static bool IsMain(string path) => path is CrioFile or ContainerdFile;

    /// <summary>The path on the node of a path in the pod.</summary>
    public static string OnNode(string path) =>
        path.StartsWith(NodeFileScript.Root, StringComparison.Ordinal) ? path[NodeFileScript.Root.Length..] : path;

    /// <summary>Whether a runtime that ran when the node was changed still runs. Where its processes could not be seen, the boot decides.</summary>
    private static bool StillRuns(string[] change, string? boot, string[] runtimes) =>
        change[0] == boot && (change.Length == 1 || runtimes.Length == 0 || change.Skip(1).Any(runtimes.Contains));

    private IEnumerable<TomlFile> FilesOf(string? runtimeName) => runtimeName == "cri-o"
        ? Toml.Where(file => file.Path.StartsWith("/etc/crio/", StringComparison.Ordinal))
        : Toml.Where(file => file.Path == ContainerdFile || ContainerdImports.Covers(Imports, file.Path));

    private static IEnumerable<TomlFile> TomlFiles(IEnumerable<string[]> lines)
    {
        string? path = null;
        var kept = new List<string>();
        foreach (var parts in lines.Where(parts => parts.Length == 2 && parts[0] is "toml" or "line").Append(["toml", ""]))
        {
            if (parts[0] == "line")
            {
                kept.Add(parts[1]);
                continue;
            }

            if (path is not null)
                yield return TomlFile.Parse(path, kept);
            path = OnNode(parts[1]);
            kept.Clear();
        }
    }
}
