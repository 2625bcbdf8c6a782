namespace KubeCheckpoint.Sandbox.State;

/// <summary>A change in the store's history.</summary>
/// <param name="Type">ADDED, MODIFIED or DELETED.</param>
/// <param name="Object">The object after the change; a deleted object as it last was.</param>
/// <param name="Previous">The object before the change; null if it is new.</param>
internal sealed record StoredChange(string Type, StoredObject Object, StoredObject? Previous)
{
    public const string Added = "ADDED";
    public const string Modified = "MODIFIED";
    public const string Deleted = "DELETED";
}
