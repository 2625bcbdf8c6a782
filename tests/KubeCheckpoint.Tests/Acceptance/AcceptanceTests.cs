using System.Management.Automation;
using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Acceptance.AcceptanceSettings;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Acceptance;

/// <summary>
/// The main job on a real cluster, if KUBECHECKPOINT_ACCEPTANCE_KUBECONFIG names one. For the other settings, see CONTRIBUTING.md.
/// </summary>
[Trait("Category", "Acceptance")]
public sealed class AcceptanceTests : IDisposable
{
    private readonly ModuleSession _session = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("kubecheckpoint-acceptance").FullName;

    public void Dispose()
    {
        _session.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [AcceptanceFact]
    public void Pods_continue_from_their_checkpoints()
    {
        var pods = RunningPods();
        var archives = _session.Run(
            "$args[0] | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination $args[1] -HelperImage $args[2] -HelperNamespace $args[3]",
            pods,
            _folder,
            Setting("HELPER_IMAGE", Text(First(pods[0], "Containers"), "Image")!),
            HelperNamespace).Objects;
        Assert.Equal(pods.Select(pod => Text(pod, "PodName")).Order(), archives.Select(archive => Text(archive, "PodName")).Distinct().Order());

        var restored = _session.Run(
            "$args[0] | New-RestoreImage -Repository $args[1] | Restore-Pod -KubeConfig $args[2] -TimeoutSec 180",
            archives,
            Repository,
            KubeConfig).Objects;

        Assert.Equal(pods.Count, restored.Count);
        Assert.All(restored, pod => Assert.Equal("Running", Text(pod, "Status")));
        Assert.All(restored, pod => Assert.All(Many(pod, "Containers"), container => Assert.Equal("0", Text(container, "RestartCount"))));
    }

    [AcceptanceFact(NeedsOtherRuntime = true)]
    public void Pods_continue_under_another_runtime()
    {
        var pods = RunningPods();
        var restored = _session.Run(
            """
            $args[0] | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination $args[1] -HelperImage $args[2] -HelperNamespace $args[3] |
                New-RestoreImage -Repository $args[4] -TargetRuntime $args[5] | Restore-Pod -KubeConfig $args[6] -NodeName $args[7] -TimeoutSec 180
            """,
            pods,
            _folder,
            Setting("HELPER_IMAGE", Text(First(pods[0], "Containers"), "Image")!),
            HelperNamespace,
            Repository,
            Setting("OTHER_RUNTIME", ""),
            KubeConfig,
            Setting("OTHER_NODE", "")).Objects;

        Assert.Equal(pods.Count, restored.Count);
        Assert.All(restored, pod => Assert.Equal(("Running", Setting("OTHER_NODE", "")), (Text(pod, "Status"), Text(pod, "NodeName"))));
        Assert.All(restored, pod => Assert.All(Many(pod, "Containers"), container => Assert.Equal("0", Text(container, "RestartCount"))));
    }

    [AcceptanceFact]
    public void Unknown_names_are_reported_one_by_one()
    {
        Assert.Equal("PodNotFound", Run("Get-Pod no-such-pod -Namespace $args[1] -KubeConfig $args[0]").ErrorId);
        Assert.Equal("ContainerNameNotFound", Run("Get-Pod $args[2] -Namespace $args[1] -KubeConfig $args[0] | Invoke-ContainerCheckpoint -ContainerName no-such-container -WarningAction Ignore").Errors[0].FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal("PodNotFound", Run("Invoke-ContainerCheckpoint no-such-pod -Namespace $args[1] -KubeConfig $args[0]").ErrorId);
    }

    private Outcome Run(string script) => _session.Run(script, KubeConfig, Namespace, Setting("POD", "counter*"));

    private List<PSObject> RunningPods()
    {
        var pods = Run("Get-Pod $args[2] -Namespace $args[1] -KubeConfig $args[0]").Objects
            .Where(pod => Text(pod, "Status") == "Running" && !Text(pod, "PodName")!.Contains("-restored", StringComparison.Ordinal))
            .ToList();
        Assert.NotEmpty(pods);
        return pods;
    }

    private static IEnumerable<PSObject> Many(PSObject item, string property) =>
        LanguagePrimitives.GetEnumerable(item.Properties[property].Value).Cast<object>().Select(PSObject.AsPSObject);

    private static PSObject First(PSObject item, string property) => Many(item, property).First();
}
