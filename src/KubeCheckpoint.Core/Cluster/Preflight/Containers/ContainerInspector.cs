using System.Net;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Preflight.Containers;

/// <summary>Looks into running containers: one script in each, over exec.</summary>
internal sealed class ContainerInspector(ClusterClient cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>What a shell, or exec without one, reports when the container has none.</summary>
    private static readonly string[] NoShell = ["executable file", "no such file or directory", "not found"];

    /// <summary>Adds what is found in the running containers of a pod.</summary>
    public async Task AddAsync(ContainerChecks checks, Pod pod, CancellationToken cancellationToken)
    {
        foreach (var container in pod.Containers.Where(container => container.State == ContainerState.Running))
        {
            var name = $"{pod.Namespace}/{pod.PodName}/{container.Name}";
            checks.AddVolumes(name, EmptyDirs(pod, container.Name));
            var facts = await ReadAsync(pod, container.Name, cancellationToken).ConfigureAwait(false);
            if (facts.Value is { } value)
                checks.Add(name, value);
            else
                checks.AddUnknown(name, facts.Reason!);
        }
    }

    private static List<string> EmptyDirs(Pod pod, string container)
    {
        if (pod.Manifest is not { } manifest)
            return [];
        var document = PodDocument.Parse(manifest);
        var volumes = document.Spec.Objects("volumes").Where(volume => volume.ContainsKey("emptyDir")).Select(volume => volume.Text("name")).ToHashSet();
        return
        [
            .. (document.FindContainer(container)?.Objects("volumeMounts") ?? [])
                .Where(mount => volumes.Contains(mount.Text("name")))
                .Select(mount => mount.Text("mountPath"))
                .OfType<string>(),
        ];
    }

    private async Task<Fact<ContainerFacts>> ReadAsync(Pod pod, string container, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            var exec = new PodExec(cluster.Server.Connection, pod.Namespace, pod.PodName, container, Refused);
            var (result, output) = await exec.RunAsync(["sh", "-c", ContainerScript.Text], Patience, limit.Token).ConfigureAwait(false);
            return result.ExitCode is 126 or 127 && output.Length == 0
                ? Fact<ContainerFacts>.Unknown("it has no shell to look at its processes with")
                : Fact<ContainerFacts>.Of(ContainerFactsReader.Read(output));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Fact<ContainerFacts>.Unknown($"looking at its processes took more than {Patience.TotalSeconds:0} s");
        }
        catch (ExecBrokenException exception) when (NoShell.Any(words => exception.Message.Contains(words, StringComparison.Ordinal)))
        {
            return Fact<ContainerFacts>.Unknown("it has no shell to look at its processes with");
        }
        catch (Exception exception) when (exception is KubeCheckpointException or ExecBrokenException)
        {
            return Fact<ContainerFacts>.Unknown(exception.Message.Shorten(300));
        }
    }

    private Exception Refused(ServerResponse response) => response.Status is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized
        ? ApiRefusal.ToFailure(response, cluster.Server.Connection.BaseUri)
        : new ExecBrokenException(response.Message, response.ToException());
}
