using System.Buffers.Binary;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Preflight.Hosts;

namespace KubeCheckpoint.Core.Tests.Cluster.Preflight.Hosts;

public sealed class NodeHostReaderTests
{
    private const string Output = """
        kernel 6.18.44-fc-v657
        apparmor Y
        cpu  fpu vme sse sse2 avx avx2
        cgroup 1
        cgroup 1
        files Y
        oci runc
        criu /host/usr/sbin/criu
        criuversion 4.2.1
        option runc.conf tcp-established
        option runc.conf --file-locks   # for locks
        config /host/etc/crio/crio.conf
        setting container_level_enabled = "none"
        config /host/etc/crio/crio.conf.d/10-restore.conf
        setting container_level_enabled = "checkpoint_restore" # switched on
        setting enable_criu_support=true
        setting enable_criu_support_or_so = true
        """;

    [Fact]
    public void The_output_of_a_pod_is_parsed()
    {
        var host = NodeHostReader.Read(Output, Vector(6, 4096, 16, 395049983, 26, 2, 51, 1776, 0, 0));

        Assert.Equal(("6.18.44-fc-v657", SecurityModule.AppArmor, 1, "/usr/sbin/criu", "4.2.1"), (host.KernelRelease, host.SecurityModule, host.CgroupVersion, host.CriuPath, host.CriuVersion));
        Assert.Equal((4096, 395049983UL, 2UL, 1776L), (host.PageSize, host.HardwareCapabilities, host.HardwareCapabilities2, host.SignalStackSize));
        Assert.Contains("avx2", host.CpuFlags);
        Assert.True(host.HasCriuOption("tcp-established") && host.HasCriuOption("file-locks"));
        Assert.False(host.HasCriuOption("tcp-close"));
    }

    [Fact]
    public void The_last_value_of_a_setting_counts()
    {
        var configuration = NodeHostReader.Read(Output, []).Configuration;

        Assert.Equal(FeatureState.On, configuration.RestoreState("cri-o"));
        Assert.Equal("container_level_enabled = checkpoint_restore", configuration.RestoreSetting("cri-o"));
        Assert.Equal(2, configuration.Settings.Count);
        Assert.Null(configuration.RestoreState("containerd"));
    }

    [Theory]
    [InlineData("cri-o", "container_level_enabled = \"checkpoint_only\"", FeatureState.On, FeatureState.OffByDefault)]
    [InlineData("cri-o", "container_level_enabled = \"none\"", FeatureState.OffByDefault, FeatureState.OffByDefault)]
    [InlineData("cri-o", "enable_criu_support = false", FeatureState.OffByDefault, FeatureState.OffByDefault)]
    [InlineData("cri-o", "enable_criu_support = true", FeatureState.On, null)]
    [InlineData("containerd", "enable_experimental_restore_via_create = true", null, FeatureState.On)]
    [InlineData("containerd", "enable_experimental_restore_via_create = false", null, FeatureState.OffByDefault)]
    [InlineData("containerd", "enable_criu = false", FeatureState.OffByDefault, FeatureState.OffByDefault)]
    [InlineData("containerd", "", null, null)]
    public void Each_runtime_has_its_switches(string runtime, string setting, FeatureState? checkpoint, FeatureState? restore)
    {
        var configuration = NodeHostReader.Read($"config /host/etc/x\nsetting {setting}", []).Configuration;
        Assert.Equal((checkpoint, restore), (configuration.CheckpointState(runtime), configuration.RestoreState(runtime)));
    }

    [Fact]
    public void A_node_with_empty_or_invalid_output_is_unknown()
    {
        var host = NodeHostReader.Read("\0\n \nkernel\ncpu\nsetting\ncgroup 7\noption\nfiles", [1, 2, 3]);
        Assert.Equal((null, null, null, null, false), (host.KernelRelease, host.PageSize, host.CgroupVersion, host.SecurityModule, host.SeesFiles));
        Assert.Empty(host.CpuFlags);
        Assert.Null(NodeHostReader.Read("", Vector(6, 4095, 0, 0)).PageSize);
        Assert.Null(NodeHostReader.Read("", new byte[8192]).PageSize);
    }

    private static byte[] Vector(params ulong[] words)
    {
        var bytes = new byte[words.Length * sizeof(ulong)];
        for (var i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), words[i]);
        return bytes;
    }
}
