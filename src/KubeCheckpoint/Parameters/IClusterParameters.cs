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

    /// <summary>
    /// The user to make requests as (impersonation), as with kubectl --as. The user of the kubeconfig needs the right to impersonate it.
    /// Default: that of the object in the pipeline, else what the kubeconfig says.
    /// </summary>
    public string? As { get; }

    /// <summary>
    /// The groups to make requests as, as with kubectl --as-group. They need a user: -As, or that of the kubeconfig.
    /// Default: those of the object in the pipeline, else what the kubeconfig says.
    /// </summary>
    public string[]? AsGroup { get; }
}
