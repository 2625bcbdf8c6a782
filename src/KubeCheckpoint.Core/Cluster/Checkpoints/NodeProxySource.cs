using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>Requests checkpoints through the API server: <c>POST /api/v1/nodes/{node}/proxy/checkpoint/{namespace}/{pod}/{container}</c>.</summary>
internal sealed class NodeProxySource(ClusterClient cluster) : ICheckpointSource
{
    public ClusterTarget Cluster => cluster.Target;

    public string PathOf(CheckpointTarget target)
    {
        var node = target.NodeName ?? throw CheckpointFailure.PodNotScheduled(target.Namespace, target.PodName);
        return $"api/v1/nodes/{ResourceName.Node(node)}/proxy/checkpoint/{target}";
    }

    public async Task<Pod?> FindPodAsync(CheckpointRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await cluster.GetPodAsync(request.Namespace, request.PodName, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeCheckpointException failure)
            when (failure.ErrorId == nameof(ConnectionFailure.Forbidden) && request.NodeName is not null)
        {
            return null;
        }
    }
}
