namespace KubeCheckpoint.Criu.Documents;

/// <summary>Bytes that are no message. Never leaves this folder: the reader of the image makes a failure of it.</summary>
#pragma warning disable CA1032, CA1064 // Made in one place, caught in the next.
internal sealed class WireException(int position, string reason) : Exception(reason)
{
    /// <summary>Where, counted from the message's first byte.</summary>
    public int Position { get; } = position;
}
#pragma warning restore CA1032, CA1064
