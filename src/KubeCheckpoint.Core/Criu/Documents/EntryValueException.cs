namespace KubeCheckpoint.Criu.Documents;

/// <summary>A value that its field cannot hold. The image writer converts it to a <see cref="CriuFailure"/>.</summary>
#pragma warning disable CA1032, CA1064 // Made in one place, caught in the next.
internal sealed class EntryValueException(string reason) : Exception(reason)
{
    /// <summary>The path from the entry to the field, such as <c>vmas[2].start</c>.</summary>
    public string Field { get; private set; } = "";

    /// <summary>Prepends the next outer part of the path.</summary>
    public EntryValueException Within(string part)
    {
        Field = Field.Length == 0 || Field[0] == '[' ? part + Field : $"{part}.{Field}";
        return this;
    }
}
#pragma warning restore CA1032, CA1064
