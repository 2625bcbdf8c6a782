using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Preflight;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Preflight.Hosts;

namespace KubeCheckpoint.Cluster.Initialization;

/// <summary>Decides what a node lacks, and which changes of its files give it that.</summary>
internal sealed class NodePlanner(ClusterNode node, NodeSettings settings, NodeInitializerOptions options)
{
    private const string CrioDropIn = "/etc/crio/crio.conf.d/99-kubecheckpoint.conf";
    private const string CriO = "cri-o";
    private const string OldPlugin = "io.containerd.grpc.v1.cri";
    private const string NewPlugin = "io.containerd.cri.v1.runtime";
    private const string Header = "# Written by Initialize-CheckpointNode of KubeCheckpoint, which removes it with -Undo.\n";

    /// <summary>The version before which CRI-O has one setting for checkpoints and restores.</summary>
    private static readonly ComponentVersion CrioWithLevels = new(1, 30);

    private readonly List<string> _remarks = [];
    private readonly List<FileChange> _changes = [];
    private readonly Dictionary<string, string> _settings = new(StringComparer.Ordinal);

    /// <summary>
    /// Whether the configuration has the sections of version 2. containerd up to 2.2 merges files before it migrates them, and drops such a
    /// section if another file has that of version 3.
    /// </summary>
    private bool HasOldSections => settings.ContainerdPlugins.Contains(OldPlugin) && !settings.ContainerdPlugins.Contains(NewPlugin);

    private bool IsCriO => node.RuntimeName == CriO;

    /// <summary>The plan.</summary>
    /// <exception cref="KubeCheckpointException">NodeRuntimeNotSupported, NodeFileIsLink, NodeSettingOverridden, NodeImportsUnusable.</exception>
    public NodePlan Plan()
    {
        if (node.Runtime is null)
            throw InitializationFailure.NodeRuntimeNotSupported(node);
        var runtime = settings.OciRuntime(node);
        if (options.Features.Contains(NodeFeature.CriuOptions))
            AddCriuOptions(runtime);
        if (Distribution() is { } distribution)
            AddManualSteps(distribution);
        else
            AddRuntimeSettings();
        return new()
        {
            Node = node,
            OciRuntime = runtime,
            Changes = _changes,
            Settings = _settings,
            Remarks = _remarks,
            AwaitsRestart = settings.AwaitsRestart,
            Restarts = options.RestartsRuntime && (settings.AwaitsRestart || _changes.Exists(change => change.NeedsRestart)),
        };
    }

    /// <summary>The distribution that generates the configuration of its containerd outside of /etc/containerd, or null.</summary>
    private string? Distribution() => ((string[])["k3s", "rke2"])
        .FirstOrDefault(name => node.KubeletVersion?.Contains($"+{name}", StringComparison.Ordinal) == true);

    /// <summary>
    /// A drop-in takes effect only if the generated file imports its folder, which older releases and an administrator's own template do not
    /// (https://github.com/k3s-io/k3s/pull/13680). So the file is not written.
    /// </summary>
    private void AddManualSteps(string distribution)
    {
        const string Section = $"[plugins.'{NewPlugin}']";
        var folder = $"/var/lib/rancher/{distribution}/agent/etc/containerd";
        var support = RuntimeSupport.Find(node.RuntimeName, node.RuntimeVersion);
        var needed = support is null ? [] : NeededOfContainerd(support).Select(setting => $"{setting.Key} = {setting.Value}").ToList();
        var service = distribution == "k3s" ? "k3s or k3s-agent" : "rke2-server or rke2-agent";
        _remarks.Add(
            $"{node.KubeletVersion} generates the configuration of containerd at each start, so it was left alone." +
            (needed.Count == 0
                ? ""
                : $" Where {folder}/config.toml has 'imports', write {folder}/config-v3.toml.d/99-kubecheckpoint.toml with '{Section}' and " +
                  $"'{string.Join("' and '", needed)}'. Otherwise copy config.toml to {folder}/config-v3.toml.tmpl, and add " +
                  $"'{string.Join("' and '", needed)}' to its section {Section}. Then restart the service {service}."));
    }

    private void AddCriuOptions(string runtime)
    {
        if (runtime is not ("runc" or "crun"))
        {
            _remarks.Add($"Whether the OCI runtime '{runtime}' has a configuration file for CRIU is not known: no options were written.");
            return;
        }

        var path = $"/etc/criu/{runtime}.conf";
        CheckLinks(path);
        var isNew = settings.HashOf(path) == NodeFileScript.Absent;

        // crun reads runc.conf as long as there is no crun.conf.
        var basePath = isNew && runtime == "crun" && settings.CriuFiles.ContainsKey("/etc/criu/runc.conf") ? "/etc/criu/runc.conf" : isNew ? null : path;
        var old = basePath is null ? "" : settings.CriuFiles.GetValueOrDefault(basePath, "");
        var lines = old.Split('\n');
        var missing = (options.CriuOptions ?? CriuOption.Proposed(node.RuntimeName)).Where(option => !option.IsSetBy(lines)).Distinct().ToList();
        if (missing.Count == 0)
            return;
        var newline = old.Length == 0 || old.EndsWith('\n') ? "" : "\n";
        var comment = isNew ? Header : "# Added by Initialize-CheckpointNode of KubeCheckpoint.\n";
        var suffix = newline + comment + string.Concat(missing.Select(option => $"{option}\n"));
        _changes.Add(new(path, settings.HashOf(path))
        {
            BasePath = basePath,
            Suffix = suffix,
            Diff = isNew ? UnifiedDiff.OfNew(path, old + suffix) : UnifiedDiff.OfAppended(path, old, suffix),
        });
    }

    private void AddRuntimeSettings()
    {
        var support = RuntimeSupport.Find(node.RuntimeName, node.RuntimeVersion);
        if (support is null)
        {
            _remarks.Add($"Whether {node.RuntimeName} {node.RuntimeVersion} can checkpoint and restore is not known: its configuration was left alone.");
            return;
        }

        if (options.Features.Contains(NodeFeature.Restore) && support.Restore is FeatureState.Missing or FeatureState.Removed)
            _remarks.Add($"{node.RuntimeName} {node.RuntimeVersion} cannot restore. {support.RestoreRemedy}");
        var needed = (IsCriO ? NeededOfCriO(support) : NeededOfContainerd(support)).ToList();
        if (needed.Count == 0)
            return;
        if (IsCriO)
            AddDropIn(CrioDropIn, needed, version: null);
        else
            AddToContainerd(needed);
    }

    private IEnumerable<TomlSetting> NeededOfCriO(RuntimeSupport support)
    {
        var wantsRestore = options.Features.Contains(NodeFeature.Restore) && support.Restore is not (FeatureState.Missing or FeatureState.Removed);
        var wants = wantsRestore || (options.Features.Contains(NodeFeature.Checkpoint) && support.Checkpoint != FeatureState.Missing);
        if (!wants)
            yield break;
        var switchedOn = Setting(RuntimeConfiguration.CriuSupport) ?? (support.Checkpoint == FeatureState.OffByDefault ? "false" : "true");
        if (switchedOn != "true")
            yield return new("crio.runtime", RuntimeConfiguration.CriuSupport, "true");
        if (ComponentVersion.Parse(node.RuntimeVersion) < CrioWithLevels)
        {
            if (wantsRestore && Setting(RuntimeConfiguration.DropInfra) != "false")
                yield return new("crio.runtime", RuntimeConfiguration.DropInfra, "false");
            yield break;
        }

        var level = Setting(RuntimeConfiguration.ContainerLevel) ?? (support.Restore == FeatureState.On ? "checkpoint_restore" : "checkpoint_only");
        if (wantsRestore && level != "checkpoint_restore")
            yield return new("crio.checkpoint_restore", RuntimeConfiguration.ContainerLevel, "\"checkpoint_restore\"");
        else if (level == "none")
            yield return new("crio.checkpoint_restore", RuntimeConfiguration.ContainerLevel, "\"checkpoint_only\"");
    }

    private IEnumerable<TomlSetting> NeededOfContainerd(RuntimeSupport support)
    {
        var section = $"plugins.'{(HasOldSections ? OldPlugin : NewPlugin)}'";
        if (support.Checkpoint == FeatureState.Missing)
            yield break;
        var wantsRestore = options.Features.Contains(NodeFeature.Restore) && support.Restore is not (FeatureState.Missing or FeatureState.Removed);
        if ((wantsRestore || options.Features.Contains(NodeFeature.Checkpoint)) && Setting(RuntimeConfiguration.EnableCriu) == "false")
            yield return new(section, RuntimeConfiguration.EnableCriu, "true");
        var restores = Setting(RuntimeConfiguration.RestoreViaCreate) ?? (support.Restore == FeatureState.On ? "true" : "false");
        if (wantsRestore && restores != "true")
            yield return new(section, RuntimeConfiguration.RestoreViaCreate, "true");
    }

    private void AddToContainerd(List<TomlSetting> needed)
    {
        const string Main = ContainerdImports.MainFile;
        CheckLinks(Main);
        var imports = settings.Imports;
        var path = ContainerdImports.DefaultDropIn;
        if (imports is { Count: > 0 } && !ContainerdImports.Covers(imports, path))
            path = ContainerdImports.DropIn(imports) ?? throw InitializationFailure.NodeImportsUnusable(node.Name, imports);
        if (settings.ContainerdPlugins.Contains("cri"))
            throw InitializationFailure.NodeConfigurationOld(node.Name);
        AddDropIn(path, needed, version: HasOldSections ? 2 : 3);
        if (settings.HashOf(Main) == NodeFileScript.Absent)
        {
            var text = $"{Header}version = 3\n{ContainerdImports.Line}\n";
            _changes.Add(new(Main, NodeFileScript.Absent) { Suffix = text, NeedsRestart = true, Diff = UnifiedDiff.OfNew(Main, text) });
        }
        else if (imports is null)
        {
            _changes.Add(new(Main, settings.HashOf(Main))
            {
                BasePath = Main,
                Prefix = ContainerdImports.Line + "\n",
                NeedsRestart = true,
                Diff = UnifiedDiff.OfFirstLine(Main, ContainerdImports.Line),
            });
        }
        else if (imports.Count == 0)
        {
            throw InitializationFailure.NodeImportsUnusable(node.Name, imports);
        }
    }

    private void AddDropIn(string path, List<TomlSetting> needed, int? version)
    {
        CheckLinks(path);
        var kept = settings.Toml.FirstOrDefault(file => file.Path == path)?.Entries
            .Where(entry => entry.Section.Count > 0 && needed.TrueForAll(setting => setting.Key != entry.Key))
            .Select(entry => new TomlSetting(Section(entry), entry.Key, entry.Text)) ?? [];
        foreach (var setting in needed)
        {
            CheckLaterFiles(path, setting);
            _settings[setting.Key] = setting.Value.Trim('"');
        }

        var sections = needed.Concat(kept).GroupBy(setting => setting.Section)
            .Select(group => $"[{group.Key}]\n{string.Concat(group.Select(setting => $"{setting.Key} = {setting.Value}\n"))}");
        var text = $"{Header}{(version is null ? "" : $"version = {version}\n")}\n{string.Join('\n', sections)}";
        _changes.Add(new(path, settings.HashOf(path)) { Suffix = text, NeedsRestart = true, Diff = UnifiedDiff.OfNew(path, text) });
    }

    private static string Section(TomlEntry entry) =>
        string.Join('.', entry.Section.Select(part => part.Contains('.', StringComparison.Ordinal) ? $"'{part}'" : part));

    /// <summary>A file that is read after the drop-in has the last word.</summary>
    private void CheckLaterFiles(string path, TomlSetting setting)
    {
        var later = settings.EntriesOf(node.RuntimeName).LastOrDefault(entry =>
            entry.Key == setting.Key && !NodeSettings.IsMain(entry.Path) && string.CompareOrdinal(entry.Path, path) > 0);
        if (later is not null && later.Value != setting.Value.Trim('"'))
            throw InitializationFailure.NodeSettingOverridden(node.Name, later.Path, $"{setting.Key} = {later.Text}");
    }

    private void CheckLinks(string path)
    {
        if (settings.Links.FirstOrDefault(link => path == link || path.StartsWith($"{link}/", StringComparison.Ordinal)) is { } link)
            throw InitializationFailure.NodeFileIsLink(node.Name, link);
    }

    private string? Setting(string key) => settings.Setting(node.RuntimeName, key);

    /// <summary>A setting as it is written.</summary>
    private sealed record TomlSetting(string Section, string Key, string Value);
}
