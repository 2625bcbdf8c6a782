namespace KubeCheckpoint;

/// <summary>
/// An error that is reported to the user. One factory creates each kind, so that an <see cref="ErrorId"/> always has the same
/// category and the same advice. The message of the server, kubelet or runtime that caused it is kept in
/// <see cref="Exception.InnerException"/>. The table of ids is the help topic about_KubeCheckpoint_Errors.
/// </summary>
public sealed class KubeCheckpointException : Exception
{
    /// <summary>Creates a failure.</summary>
    /// <param name="errorId">The stable id, such as <c>PodNotFound</c>: the name of the factory.</param>
    /// <param name="category">What kind of failure it is.</param>
    /// <param name="target">What the operation was about: a name, a path, a reference.</param>
    /// <param name="message">What happened.</param>
    /// <param name="recommendedAction">What the user can do about it.</param>
    /// <param name="innerException">What caused it, with the message of the server or runtime.</param>
    public KubeCheckpointException(
        string errorId,
        FailureCategory category,
        object? target,
        string message,
        string recommendedAction,
        Exception? innerException = null)
        : base(TerminalText.Lines(message), innerException)
    {
        ErrorId = errorId;
        Category = category;
        Target = target;
        RecommendedAction = TerminalText.Lines(recommendedAction);
    }

    /// <summary>The stable id of the failure. In PowerShell the first part of <c>FullyQualifiedErrorId</c>.</summary>
    public string ErrorId { get; }

    /// <summary>What kind of failure it is.</summary>
    public FailureCategory Category { get; }

    /// <summary>What the operation was about.</summary>
    public object? Target { get; }

    /// <summary>What the user can do about it.</summary>
    public string RecommendedAction { get; }
}
