using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>Requests checkpoints from the kubelet: <c>POST /checkpoint/{namespace}/{pod}/{container}</c>.</summary>
internal sealed class KubeletSource(KubeletClient kubelet) : ICheckpointSource
{
    public ClusterTarget? Cluster => null;

    public string PathOf(CheckpointTarget target) => $"checkpoint/{target}";

    /// <summary>Reads the pod from the kubelet's list; null for a user who may checkpoint but not list.</summary>
    public async Task<Pod?> FindPodAsync(CheckpointRequest request, CancellationToken cancellationToken)
    {
        var query = new PodQuery { Names = [NamePattern.Exact(request.PodName)], Namespaces = [NamePattern.Exact(request.Namespace)] };
        try
        {
            await foreach (var pod in kubelet.GetPodsAsync(query, _ => { }, cancellationToken).ConfigureAwait(false))
                return pod;
            return null;
        }
        catch (KubeCheckpointException failure)
            when (failure.ErrorId is nameof(KubeletFailure.KubeletPodsForbidden) or nameof(ConnectionFailure.UnexpectedAnswer))
        {
            return null;
        }
    }
}
