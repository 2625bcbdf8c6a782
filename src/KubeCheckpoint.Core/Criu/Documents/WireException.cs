namespace KubeCheckpoint.Criu.Documents;

/// <summary>Bytes that are not a message. The image reader converts it to a <see cref="CriuFailure"/>.</summary>
#pragma warning disable CA1032, CA1064 // Made in one place, caught in the next.
internal sealed class WireException(int position, string reason) : Exception(reason)
{
    /// <summary>The offset in the message, in bytes.</summary>
    public int Position { get; } = position;
}
#pragma warning restore CA1032, CA1064
