namespace KubeCheckpoint.Sandbox.State;

/// <summary>A step in the store's history.</summary>
/// <param name="Type">ADDED, MODIFIED or DELETED.</param>
/// <param name="Object">The object as it is now, or as it was last.</param>
/// <param name="Previous">The object as it was before; null for one that is new.</param>
internal sealed record StoredChange(string Type, StoredObject Object, StoredObject? Previous)
{
    public const string Added = "ADDED";
    public const string Modified = "MODIFIED";
    public const string Deleted = "DELETED";
}
