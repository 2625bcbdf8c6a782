namespace KubeCheckpoint.Http;

/// <summary>Failures that a request to any server can meet. A factory's name is the error id.</summary>
internal static class HttpFailure
{
    /// <summary>A value cannot be sent in a header, as it would not arrive as it is, or would be read as another header.</summary>
    /// <param name="source">Where the value comes from.</param>
    /// <param name="problem">What is wrong with it, such as "it has a line break in it"; never the value.</param>
    public static KubeCheckpointException HeaderValueInvalid(string source, string problem) => new(
        nameof(HeaderValueInvalid), FailureCategory.AuthenticationError, source,
        $"The token from {source} cannot be sent: {problem}.",
        "Check what issues the token, and what it passes through: a token is made of visible ASCII characters only.");
}
