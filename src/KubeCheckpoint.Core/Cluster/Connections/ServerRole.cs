namespace KubeCheckpoint.Cluster.Connections;

/// <summary>Who is at the other end of a connection. Decides which failures it makes.</summary>
internal enum ServerRole
{
    ApiServer,
    Kubelet,
}
