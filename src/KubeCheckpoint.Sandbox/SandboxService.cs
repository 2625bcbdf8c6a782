namespace KubeCheckpoint.Sandbox;

/// <summary>How a node starts its runtime, as a privileged pod of the node sees it.</summary>
public enum SandboxService
{
    /// <summary>systemd restarts it.</summary>
    Systemd,

    /// <summary>The node has no systemd.</summary>
    NoSystemd,

    /// <summary>It does not start with a configuration of this module's, although it accepts it.</summary>
    FailsToStart,

    /// <summary>It starts neither with this module's configuration nor again with the old one.</summary>
    NeverStarts,

    /// <summary>It starts, and the node stays NotReady.</summary>
    NodeStaysDown,
}
