namespace KubeCheckpoint.Parameters;

/// <summary>How to connect to a cluster.</summary>
internal interface IClusterParameters
{
    /// <summary>
    /// The kubeconfig file. Default: the one that the object in the pipeline was read with; else the files of $KUBECONFIG; else
    /// ~/.kube/config; else the service account of the pod this runs in.
    /// </summary>
    public string? KubeConfig { get; }

    /// <summary>The context of the kubeconfig. Default: the one that the object in the pipeline was read with; else the current context.</summary>
    public string? Context { get; }
}
