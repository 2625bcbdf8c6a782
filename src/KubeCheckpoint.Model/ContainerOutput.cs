namespace KubeCheckpoint;

/// <summary>The stream a container wrote a line of its log to.</summary>
public enum ContainerOutput
{
    /// <summary>Standard output.</summary>
    Stdout,

    /// <summary>Standard error.</summary>
    Stderr,
}
