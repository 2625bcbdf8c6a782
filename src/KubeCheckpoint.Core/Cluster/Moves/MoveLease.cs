using System.Text.Json.Nodes;
using k8s.Models;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Objects;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>
/// A Job that owns the copy until it has replaced the original, so that the copy goes when this process dies: the Job's pod ends when it has had
/// no sign of this process for a while, the TTL controller deletes the Job, and the garbage collector the copy.
/// </summary>
internal sealed class MoveLease : IAsyncDisposable
{
    private const string Container = "lease";
    private const int NobodysId = 65534;

    /// <summary>A command of this process runs in the pod for most of the time. The pod ends when it sees none for a few seconds.</summary>
    private const int SignSeconds = 4;

    private const int Looks = 5;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BetweenReads = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan DeletionLimit = TimeSpan.FromMilliseconds(900);

    private readonly ObjectApi _objects;
    private readonly string _path;
    private readonly string _name;
    private readonly CancellationTokenSource _ending = new();
    private Task _signing = Task.CompletedTask;
    private string? _uid;

    private MoveLease(ObjectApi objects, string ns, string name)
    {
        _objects = objects;
        _name = name;
        _path = ObjectApi.PathOf("apis/batch/v1", ns, "jobs", name);
    }

    /// <summary>The entry of the copy's ownerReferences.</summary>
    public JsonObject Reference => new() { ["apiVersion"] = "batch/v1", ["kind"] = "Job", ["name"] = _name, ["uid"] = _uid };

    /// <summary>Starts the Job. Where that is not possible, the move continues without it, and the user is told.</summary>
    /// <returns>The lease, or null.</returns>
    public static async Task<MoveLease?> OpenAsync(
        ClusterClient cluster, MovePlan plan, TimeSpan lifetime, Action<string> onRemark, CancellationToken cancellationToken)
    {
        var name = WellKnownNames.NewName(OwnerRole.Lease);
        var lease = new MoveLease(new(cluster.Server), plan.Pod.Namespace, name);
        try
        {
            await lease.StartAsync(cluster, plan, lifetime, cancellationToken).ConfigureAwait(false);
            return lease;
        }
        catch (KubeCheckpointException failure)
        {
            await lease.DisposeAsync().ConfigureAwait(false);
            onRemark(
                $"Should this process die before '{plan.Pod}' is replaced, its copy stays beside it: the Job that would remove it did not start. " +
                failure.Message);
            return null;
        }
        catch
        {
            await lease.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Deletes the Job, and with it a copy that it still owns. Never throws.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _signing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
        using var limit = new CancellationTokenSource(DeletionLimit);
        try
        {
            if (_uid is not null)
                await _objects.DeleteAsync(_path, _uid, gracePeriod: 0, limit.Token, withDependents: true).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is KubeCheckpointException or OperationCanceledException or ObjectDisposedException)
        {
            // Its pod ends soon, which deletes it.
        }
    }

    private async Task StartAsync(ClusterClient cluster, MovePlan plan, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var ns = plan.Pod.Namespace;
        var job = ManifestOf(_name, plan, cluster.Owner, lifetime);
        await _objects.CreateAsync(ObjectApi.PathOf("apis/batch/v1", ns, "jobs"), job, cancellationToken).ConfigureAwait(false);
        var created = await _objects.FindAsync(_path, cancellationToken).ConfigureAwait(false);
        _uid = created?.Object("metadata")?.Text("uid");
        var pod = await WaitForPodAsync(ns, cancellationToken).ConfigureAwait(false);
        var exec = new PodExec(
            cluster.Server.Connection, ns, pod, Container, response => new ExecBrokenException(response.Explanation, response.ToException()));
        _signing = Task.Run(() => SignAsync(exec, _ending.Token), CancellationToken.None);
    }

    private async Task<string> WaitForPodAsync(string ns, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        var path = $"{ObjectApi.PathOf("api/v1", ns, "pods")}?labelSelector={Uri.EscapeDataString($"job-name={_name}")}";
        try
        {
            while (true)
            {
                var list = await _objects.FindAsync(path, limit.Token).ConfigureAwait(false);
                var running = (list?.Objects("items") ?? []).FirstOrDefault(pod => pod.Object("status")?.Text("phase") == "Running");
                if (running?.Object("metadata")?.Text("name") is { } name)
                    return name;
                await Task.Delay(BetweenReads, limit.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw MoveFailure.MoveLeaseNotStarted(ns, _name, StartLimit);
        }
    }

    private static async Task SignAsync(PodExec exec, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await exec.RunAsync($"sleep {SignSeconds} || busybox sleep {SignSeconds}", TimeSpan.FromSeconds(3 * SignSeconds), cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is KubeCheckpointException or IOException)
            {
                await Task.Delay(AfterFailure, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Every pod security standard allows its pod.</summary>
    private static JsonObject ManifestOf(string name, MovePlan plan, ObjectOwner owner, TimeSpan lifetime) => OwnObject.ToJson(new V1Job
    {
        Metadata = new() { Name = name, Labels = owner.OwnLabels(OwnerRole.Lease), Annotations = owner.Annotations(lifetime) },
        Spec = new()
        {
            BackoffLimit = 0,
            TtlSecondsAfterFinished = 0,
            ActiveDeadlineSeconds = (long)lifetime.TotalSeconds,
            Template = new()
            {
                Metadata = new() { Labels = owner.OwnLabels(OwnerRole.Lease), Annotations = owner.Annotations(lifetime) },
                Spec = new()
                {
                    NodeName = plan.Node.Name,
                    RestartPolicy = "Never",
                    ActiveDeadlineSeconds = (long)lifetime.TotalSeconds,
                    TerminationGracePeriodSeconds = 0,
                    AutomountServiceAccountToken = false,
                    EnableServiceLinks = false,
                    Tolerations = [new() { OperatorProperty = "Exists" }],
                    Containers =
                    [
                        new()
                        {
                            Name = Container,
                            Image = plan.Request.Helper.Image,
                            ImagePullPolicy = plan.Request.Helper.PullPolicy,
                            Command = ["sh", "-c", HelperLife.ScriptFor("/proc", BetweenLooks, Looks, seesNode: false)],
                            Resources = new() { Requests = Resources(), Limits = Resources() },
                            SecurityContext = new()
                            {
                                RunAsNonRoot = true,
                                RunAsUser = NobodysId,
                                AllowPrivilegeEscalation = false,
                                ReadOnlyRootFilesystem = true,
                                Capabilities = new() { Drop = ["ALL"] },
                                SeccompProfile = new() { Type = "RuntimeDefault" },
                            },
                        },
                    ],
                },
            },
        },
    });

    private static Dictionary<string, ResourceQuantity> Resources() => new() { ["cpu"] = new("20m"), ["memory"] = new("32Mi") };
}
