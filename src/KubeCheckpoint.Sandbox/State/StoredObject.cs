using System.Text.Json;
using System.Text.Json.Nodes;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>One version of an object, which never changes.</summary>
internal sealed record StoredObject(string Resource, string Namespace, string Name, long Version, ReadOnlyMemory<byte> Json)
{
    /// <summary>The sort key of a list, from which a continue token resumes.</summary>
    public string Key => KeyOf(Namespace, Name);

    public static string KeyOf(string ns, string name) => ns.Length == 0 ? name : $"{ns}/{name}";

    /// <summary>A copy that can be changed.</summary>
    public JsonObject Parse() => JsonSerializer.Deserialize<JsonObject>(Json.Span)!;
}
