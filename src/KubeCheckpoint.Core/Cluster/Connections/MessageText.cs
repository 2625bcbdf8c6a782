namespace KubeCheckpoint.Cluster.Connections;

/// <summary>Parts of error messages.</summary>
internal static class MessageText
{
    /// <summary>The text, cut at a length if it is longer.</summary>
    public static string Shorten(this string text, int length) => text.Length <= length ? text : string.Concat(text.AsSpan(0, length), "...");

    /// <summary>The message of the innermost exception.</summary>
    public static string InnermostMessage(this Exception exception) => exception.GetBaseException().Message;

    /// <summary>The exception of a type among an exception and its inner ones, or null.</summary>
    public static T? Cause<T>(this Exception? exception)
        where T : Exception
    {
        while (exception is not (null or T))
            exception = exception.InnerException;
        return (T?)exception;
    }

    /// <summary>The events of a pod as the last lines of a message; empty if there are none.</summary>
    public static string ToAppendix(this IReadOnlyList<string> events) =>
        events.Count == 0 ? "" : $"{Environment.NewLine}Events:{Environment.NewLine}{string.Join(Environment.NewLine, events)}";
}
