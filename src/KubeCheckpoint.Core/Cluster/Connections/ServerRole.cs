namespace KubeCheckpoint.Cluster.Connections;

/// <summary>The server at the other end of a connection, which decides the failures.</summary>
internal enum ServerRole
{
    ApiServer,
    Kubelet,
}
