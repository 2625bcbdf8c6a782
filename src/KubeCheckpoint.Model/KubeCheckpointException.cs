using System.Globalization;

namespace KubeCheckpoint;

/// <summary>
/// A failure the user can meet. Every one is made by one factory, so that an <see cref="ErrorId"/> always comes with the same
/// category and the same advice. The words of the server, kubelet or runtime that caused it are kept in
/// <see cref="Exception.InnerException"/>. The table of ids is the help topic about_KubeCheckpoint_Errors.
/// </summary>
public sealed class KubeCheckpointException : Exception
{
    /// <summary>Makes a failure.</summary>
    /// <param name="errorId">The stable id, such as <c>PodNotFound</c>: the name of the factory.</param>
    /// <param name="category">What kind of failure it is.</param>
    /// <param name="target">What the operation was about: a name, a path, a reference.</param>
    /// <param name="message">What happened.</param>
    /// <param name="recommendedAction">What the user can do about it.</param>
    /// <param name="innerException">What caused it, with the words of the server or runtime.</param>
    public KubeCheckpointException(
        string errorId,
        FailureCategory category,
        object? target,
        string message,
        string recommendedAction,
        Exception? innerException = null)
        : base(Printable(message), innerException)
    {
        ErrorId = errorId;
        Category = category;
        Target = target;
        RecommendedAction = Printable(recommendedAction);
    }

    /// <summary>The stable id of the failure. In PowerShell the first part of <c>FullyQualifiedErrorId</c>.</summary>
    public string ErrorId { get; }

    /// <summary>What kind of failure it is.</summary>
    public FailureCategory Category { get; }

    /// <summary>What the operation was about.</summary>
    public object? Target { get; }

    /// <summary>What the user can do about it.</summary>
    public string RecommendedAction { get; }

    // Messages quote servers, runtimes and archives: a terminal must not obey what is in them. A carriage return lets a line write over itself.
    private static string Printable(string text) => text.All(IsPrintable)
        ? text
        : string.Concat(text.ReplaceLineEndings("\n").Select(c => IsPrintable(c) ? c.ToString() : $"\\u{(int)c:x4}"));

    private static bool IsPrintable(char c) => c is '\n' or '\t'
        || (!char.IsControl(c) && char.GetUnicodeCategory(c) is not (UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator));
}
