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
    /// The user to impersonate, as with kubectl --as. The user of the kubeconfig must be allowed to impersonate it.
    /// Default: that of the object in the pipeline, else that of the kubeconfig.
    /// </summary>
    public string? As { get; }

    /// <summary>
    /// The groups to impersonate, as with kubectl --as-group. They need a user: -As, or 'as' in the kubeconfig.
    /// Default: those of the object in the pipeline, else those of the kubeconfig.
    /// </summary>
    public string[]? AsGroup { get; }
}
