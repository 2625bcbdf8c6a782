namespace KubeCheckpoint.Cluster.Ownership;

/// <summary>What the objects that the module creates are for: the values of their role label.</summary>
internal static class OwnerRole
{
    /// <summary>A pod that copies archives from a node.</summary>
    public const string Transfer = "transfer";

    /// <summary>A pod that inspects a node.</summary>
    public const string Inspect = "inspect";

    /// <summary>A pod that changes the configuration of a node.</summary>
    public const string Configure = "configure";

    /// <summary>A pod that pulls images.</summary>
    public const string Pull = "pull";

    /// <summary>A pod that proves that a node can checkpoint and restore.</summary>
    public const string Proof = "proof";

    /// <summary>The namespace of a rehearsal, and everything in it.</summary>
    public const string Rehearsal = "drill";

    /// <summary>A Job that owns the copy of a move until it has replaced the original, and its pod.</summary>
    public const string Lease = "lease";

    /// <summary>A pod that a move has created, until the original is gone.</summary>
    public const string Move = "move";

    /// <summary>A pod that holds another one still.</summary>
    public const string Freeze = "freeze";
}
