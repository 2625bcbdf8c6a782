namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>
/// The first byte of each message of the exec protocol, see
/// https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apimachinery/pkg/util/remotecommand/constants.go
/// </summary>
internal enum ExecChannel
{
    Input = 0,
    Output = 1,
    ErrorOutput = 2,
    Status = 3,
    Resize = 4,
    Close = 255,
}
