using System.Text.Json.Nodes;
using KubeCheckpoint.Archives.Owners;
using KubeCheckpoint.Cluster.Containers;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Core.Tests.Cluster.Transfer;

public sealed class HelperPodManifestTests
{
    private static readonly ObjectOwner Owner = new(OwnerProcess.Current, "Save-CheckpointArchive");

    [Fact]
    public void The_helper_pod_has_minimal_permissions()
    {
        var options = new ArchiveTransferOptions { Image = "busybox:1", PullPolicy = "Never", Deadline = TimeSpan.FromMinutes(10) };
        var spec = JsonNode.Parse(HelperPodManifest.Build("h", "n1", HelperRole.Transfer("/var/lib/kubelet/checkpoints", options), options, Owner))!["spec"]!;
        var container = spec["containers"]![0]!;
        var security = container["securityContext"]!;

        Assert.Equal("n1", (string?)spec["nodeName"]);
        Assert.Equal(600, (long?)spec["activeDeadlineSeconds"]);
        Assert.False((bool?)spec["automountServiceAccountToken"]);
        Assert.Equal("Exists", (string?)spec["tolerations"]![0]!["operator"]);
        Assert.Equal("Never", (string?)container["imagePullPolicy"]);
        Assert.True((bool?)container["volumeMounts"]![0]!["readOnly"]);
        Assert.False((bool?)security["privileged"]);
        Assert.False((bool?)security["allowPrivilegeEscalation"]);
        Assert.True((bool?)security["readOnlyRootFilesystem"]);
        Assert.Equal("ALL", (string?)security["capabilities"]!["drop"]![0]);

        Assert.Null(spec["hostPID"]);

        var remover = options with { RemoveSource = true };
        var removing = JsonNode.Parse(HelperPodManifest.Build("h", "n1", HelperRole.Transfer("/c", remover), remover, Owner))!;
        Assert.False((bool?)removing["spec"]!["containers"]![0]!["volumeMounts"]![0]!["readOnly"]);
    }

    [Fact]
    public void A_helper_pod_that_sees_the_processes_of_its_node_is_not_privileged()
    {
        var spec = JsonNode.Parse(HelperPodManifest.Build("h", "n1", NodeProcesses.RoleFor(""), new ArchiveTransferOptions(), Owner))!["spec"]!;
        var security = spec["containers"]![0]!["securityContext"]!;

        Assert.True((bool?)spec["hostPID"]);
        Assert.Empty(spec["volumes"]?.AsArray() ?? []);
        Assert.False((bool?)security["privileged"]);
        Assert.False((bool?)security["allowPrivilegeEscalation"]);
        Assert.True((bool?)security["readOnlyRootFilesystem"]);
        Assert.Equal("""{"add":["SYS_PTRACE","DAC_READ_SEARCH"],"drop":["ALL"]}""", security["capabilities"]!.ToJsonString());
    }
}
