using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>Straight to the kubelet: <c>POST /checkpoint/{namespace}/{pod}/{container}</c>.</summary>
internal sealed class KubeletSource(KubeletClient kubelet) : ICheckpointSource
{
    public ClusterTarget? Cluster => null;

    public string PathOf(CheckpointTarget target) => $"checkpoint/{target}";

    /// <summary>From the kubelet's list. Who may only checkpoint may not list, and gets no manifest.</summary>
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
