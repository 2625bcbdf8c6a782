using KubeCheckpoint.Cluster.Initialization;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Preflight.Hosts;

namespace KubeCheckpoint.Core.Tests.Cluster.Initialization;

/// <summary>What nodes lack, from what the script prints of them.</summary>
public sealed class NodePlannerTests
{
    [Theory]
    [InlineData("1.28.4", "", "enable_criu_support = true\ndrop_infra_ctr = false\n")]
    [InlineData("1.28.4", "enable_criu_support = true\ndrop_infra_ctr = false", null)]
    [InlineData("1.33.0", "", "container_level_enabled = \"checkpoint_restore\"\n")]
    [InlineData("1.36.3", "", null)]
    [InlineData("1.36.3", "enable_criu_support = false", "enable_criu_support = true\n")]
    [InlineData("1.37.1", "container_level_enabled = \"checkpoint_only\"", "container_level_enabled = \"checkpoint_restore\"\n")]
    [InlineData("1.37.1", "# container_level_enabled = \"none\"", "container_level_enabled = \"checkpoint_restore\"\n")]
    [InlineData("1.20.0", "", null)]
    public void CriO_gets_the_switches_of_its_version(string version, string settings, string? expected)
    {
        var plan = Plan("cri-o", version, $"toml /host/etc/crio/crio.conf\n{Lines($"[crio.runtime]\n{settings}")}");

        Assert.Equal(expected, (plan.Changes.Count == 0 ? null : plan.Changes[0].Suffix)?.Split("\n[", 2)[1].Split("]\n", 2)[1]);
        Assert.Equal(expected is not null, plan.NeedsRestart);
    }

    [Theory]
    [InlineData("2.1.9", "version = 3", null, false)]
    [InlineData("2.3.4", "version = 3", "io.containerd.cri.v1.runtime", true)]
    [InlineData("2.3.4", "imports = ['conf.d/*.toml']", "io.containerd.cri.v1.runtime", false)]
    [InlineData("2.2.7", "[plugins.\"io.containerd.grpc.v1.cri\"]", "io.containerd.grpc.v1.cri", true)]
    [InlineData("2.4.0", "version = 3", null, false)]
    public void Containerd_gets_a_file_in_the_version_of_its_own_and_imports_it(string version, string settings, string? plugin, bool addsImport)
    {
        var plan = Plan("containerd", version, $"file 00 /host/etc/containerd/config.toml\ntoml /host/etc/containerd/config.toml\n{Lines(settings)}");

        Assert.Equal(plugin is null ? [] : addsImport ? [ContainerdImports.DefaultDropIn, ContainerdImports.MainFile] : [ContainerdImports.DefaultDropIn], plan.Changes.Select(change => change.Path));
        if (plugin is not null)
            Assert.EndsWith($"[plugins.'{plugin}']\nenable_experimental_restore_via_create = true\n", plan.Changes[0].Suffix, StringComparison.Ordinal);
        Assert.Equal(version == "2.4.0", plan.Remarks.Count == 1);
    }

    [Theory]
    [InlineData("cri-o", "1.30.1", "", "", "runc")]
    [InlineData("cri-o", "1.31.0", "", "", "crun")]
    [InlineData("cri-o", "1.36.3", "", "oci runc", "runc")]
    [InlineData("cri-o", "1.36.3", "[crio.runtime]\ndefault_runtime = \"runc\"\n[crio.runtime.runtimes.runc]\nruntime_path = \"/usr/bin/crun\"", "oci runc", "crun")]
    [InlineData("cri-o", "1.36.3", "[crio.runtime]\ndefault_runtime = 'runsc'", "oci runc", "runsc")]
    [InlineData("containerd", "2.3.4", "", "", "runc")]
    public void The_oci_runtime_is_the_one_that_is_configured(string runtime, string version, string settings, string other, string expected)
    {
        var file = runtime == "cri-o" ? "/host/etc/crio/crio.conf" : "/host/etc/containerd/config.toml";
        var settingsOfNode = NodeSettings.Read($"{other}\ntoml {file}\n{Lines(settings)}\nend\n")!;

        Assert.Equal(expected, settingsOfNode.OciRuntime(new() { Name = "n", RuntimeName = runtime, RuntimeVersion = version }));
    }

    [Theory]
    [InlineData("tcp-established", "tcp-established", true)]
    [InlineData("tcp-established", "  tcp-established # clients", true)]
    [InlineData("tcp-established", "#tcp-established", false)]
    [InlineData("tcp-established", "tcp-established\nno-tcp-established", false)]
    [InlineData("tcp-established", "ext-unix-sk tcp-established", false)]
    [InlineData("ghost-limit 300M", "ghost-limit 300M", true)]
    [InlineData("ghost-limit=300M", "ghost-limit\t1M", false)]
    [InlineData("--ghost-limit 300M", "ghost-limit 300M\nghost-limit 1M", false)]
    [InlineData("irmap-scan-path /app", "irmap-scan-path /app\nirmap-scan-path /srv", true)]
    [InlineData("irmap-scan-path /app", "irmap-scan-path /srv", false)]
    public void An_option_is_set_by_the_last_line_about_it(string option, string file, bool isSet) =>
        Assert.Equal(isSet, CriuOption.Parse(option)!.IsSetBy(file.Split('\n')));

    [Theory]
    [InlineData("ghost-limit")]
    [InlineData("ghost-limit 300M\nexec-cmd")]
    [InlineData("tcp-established yes")]
    [InlineData("irmap-scan-path")]
    [InlineData("irmap-scan-path app")]
    [InlineData("irmap-scan-path \"/a b\"")]
    [InlineData("action-script /x")]
    [InlineData("")]
    public void Other_options_are_not_written(string option) => Assert.Null(CriuOption.Parse(option));

    [Fact]
    public void A_diff_shows_the_lines_around_and_a_missing_newline()
    {
        Assert.Equal("--- /f\n+++ /f\n@@ -2,4 +2,5 @@\n b\n c\n d\n-e\n\\ No newline at end of file\n+e\n+f", UnifiedDiff.OfAppended("/f", "a\nb\nc\nd\ne", "\nf\n"));
        Assert.Equal("--- /f\n+++ /f\n@@ -1 +1,2 @@\n a\n+b", UnifiedDiff.OfAppended("/f", "a\n", "b\n"));
        Assert.Equal("--- /dev/null\n+++ /f\n@@ -0,0 +1,2 @@\n+a\n+b", UnifiedDiff.OfNew("/f", "a\nb\n"));
    }

    private static string Lines(string text) => string.Join('\n', text.Split('\n').Where(line => !line.StartsWith('#')).Select(line => $"line {line}"));

    private static NodePlan Plan(string runtime, string version, string output)
    {
        var node = new ClusterNode
        {
            Name = "n",
            Runtime = runtime == "cri-o" ? CheckpointEngine.CriO : CheckpointEngine.Containerd,
            RuntimeName = runtime,
            RuntimeVersion = version,
        };
        return new NodePlanner(node, NodeSettings.Read($"{output}\nend\n")!, new() { Features = [NodeFeature.Checkpoint, NodeFeature.Restore] }).Plan();
    }
}
