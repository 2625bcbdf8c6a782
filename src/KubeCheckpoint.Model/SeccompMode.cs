namespace KubeCheckpoint;

/// <summary>How seccomp confines a process (seccomp(2)).</summary>
public enum SeccompMode
{
    /// <summary>Not at all.</summary>
    Disabled,

    /// <summary>Strict: only read, write, exit and sigreturn.</summary>
    Strict,

    /// <summary>By a filter.</summary>
    Filter,
}
