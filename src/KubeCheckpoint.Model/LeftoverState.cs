namespace KubeCheckpoint;

/// <summary>Whether something that a cmdlet created is still needed.</summary>
public enum LeftoverState
{
    /// <summary>It is not known whether its owner still runs, and its time has not passed.</summary>
    Unknown,

    /// <summary>Its owner runs on this machine.</summary>
    InUse,

    /// <summary>Its owner has died, or its time has passed: nobody needs it.</summary>
    Abandoned,

    /// <summary>The user asked to keep it.</summary>
    Kept,

    /// <summary>
    /// The user has to decide: a move has died before one of the two pods was removed, or an archive may be of somebody else.
    /// </summary>
    Undecided,
}
