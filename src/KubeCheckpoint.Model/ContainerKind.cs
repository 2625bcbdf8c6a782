namespace KubeCheckpoint;

/// <summary>The list of the pod's spec that a container is in.</summary>
public enum ContainerKind
{
    /// <summary>One of <c>spec.containers</c>.</summary>
    Container,

    /// <summary>One of <c>spec.initContainers</c> that runs to its end before the containers start.</summary>
    Init,

    /// <summary>One of <c>spec.initContainers</c> with <c>restartPolicy: Always</c>, which runs beside the containers.</summary>
    Sidecar,

    /// <summary>One of <c>spec.ephemeralContainers</c>, added by <c>kubectl debug</c>.</summary>
    Ephemeral,
}
