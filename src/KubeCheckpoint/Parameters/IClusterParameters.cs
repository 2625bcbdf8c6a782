namespace KubeCheckpoint.Parameters;

/// <summary>How to connect to a cluster.</summary>
internal interface IClusterParameters
{
    /// <summary>
    /// The kubeconfig file. Default: that of the object in the pipeline, else $KUBECONFIG, else ~/.kube/config, else the service account of
    /// the pod that PowerShell runs in.
    /// </summary>
    public string? KubeConfig { get; }

    /// <summary>The context in the kubeconfig file. Default: that of the object in the pipeline, else the current context.</summary>
    public string? Context { get; }
}
