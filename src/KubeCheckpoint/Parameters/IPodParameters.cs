using System.Management.Automation;

namespace KubeCheckpoint.Parameters;

/// <summary>The pods a cmdlet works on.</summary>
internal interface IPodParameters
{
    /// <summary>
    /// Pods: the output of Get-Pod, items of 'kubectl get pod -o json | ConvertFrom-Json', names, or any objects with PodName (or Name) and
    /// Namespace.
    /// </summary>
    public PSObject? InputObject { get; }

    /// <summary>The names of pods. Wildcards are allowed.</summary>
    public string[]? Name { get; }

    /// <summary>The namespaces of pods given by name. Wildcards are allowed. Default: the namespace of the context.</summary>
    public string[]? Namespace { get; }
}
