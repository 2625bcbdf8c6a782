using System.Text.Json;
using System.Text.Json.Nodes;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>One version of an object, never changed.</summary>
internal sealed record StoredObject(string Resource, string Namespace, string Name, long Version, ReadOnlyMemory<byte> Json)
{
    /// <summary>The order of a list, and what a continue token resumes from.</summary>
    public string Key => KeyOf(Namespace, Name);

    public static string KeyOf(string ns, string name) => ns.Length == 0 ? name : $"{ns}/{name}";

    /// <summary>A copy that may be changed.</summary>
    public JsonObject Parse() => JsonSerializer.Deserialize<JsonObject>(Json.Span)!;
}
