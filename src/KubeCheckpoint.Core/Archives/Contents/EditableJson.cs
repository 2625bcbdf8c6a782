using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Archives.Contents;

/// <summary>A JSON object of an archive that can be changed and written back. Everything else stays as it was.</summary>
internal sealed class EditableJson
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = ArchiveLimits.JsonDepth };

    private readonly string _path;
    private readonly ArchiveMember _member;

    private EditableJson(string path, ArchiveMember member, JsonObject root)
    {
        _path = path;
        _member = member;
        Root = root;
    }

    public JsonObject Root { get; }

    /// <summary>Reads a member.</summary>
    /// <exception cref="KubeCheckpointException">ArchiveMemberMissing, ArchiveMemberTooLarge or ArchiveMemberInvalid.</exception>
    public static EditableJson Read(CheckpointContent content, string name) =>
        Find(content, name) ?? throw content.Archive.MemberMissing(name);

    /// <summary>Reads a member; null where there is none.</summary>
    public static EditableJson? Find(CheckpointContent content, string name) =>
        Parse(content, name) is not ({ } node, { } member) ? null
        : node is JsonObject root ? new EditableJson(content.Path, member, root)
        : throw ArchiveFailure.ArchiveMemberInvalid(content.Path, member, "it is JSON, but not an object");

    /// <summary>Reads a member that is a list of objects; empty where there is none.</summary>
    public static IEnumerable<string?[]> FindObjects(CheckpointContent content, string name, params string[] fields)
    {
        if (Parse(content, name) is not ({ } node, { } member))
            return [];
        var wrapped = new EditableJson(content.Path, member, new JsonObject { [name] = node });
        return wrapped.ObjectsOf(node, name).Select(item => fields.Select(field => wrapped.TextOf(item[field], field)).ToArray());
    }

    /// <summary>The text of a field; absent, null and empty are null.</summary>
    public string? Text(string field) => TextOf(Root[field], field);

    /// <summary>The object of a field, or null.</summary>
    public JsonObject? Object(string field) => ObjectOf(Root[field], field);

    /// <summary>The object of a field of an object, or null.</summary>
    public JsonObject? ObjectOf(JsonNode? node, string field) => node switch
    {
        null => null,
        JsonObject known => known,
        _ => throw Invalid(field),
    };

    /// <summary>The objects of a list; none where it is absent.</summary>
    public IReadOnlyList<JsonObject> ObjectsOf(JsonNode? node, string field) => node switch
    {
        null => [],
        JsonArray list => [.. list.Select(item => item as JsonObject ?? throw Invalid(field))],
        _ => throw Invalid(field),
    };

    /// <summary>The texts of a list; none where it is absent.</summary>
    public IReadOnlyList<string> TextsOf(JsonNode? node, string field) => node switch
    {
        null => [],
        JsonArray list => [.. list.Select(item => TextOf(item, field) ?? "")],
        _ => throw Invalid(field),
    };

    /// <summary>The text of a node; absent, null and empty are null.</summary>
    public string? TextOf(JsonNode? node, string field) => node switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) => text.Length > 0 ? text : null,
        _ => throw Invalid(field),
    };

    /// <summary>The number of a node; absent and null are 0.</summary>
    public long NumberOf(JsonNode? node, string field) => node switch
    {
        null => 0,
        JsonValue value when value.TryGetValue<long>(out var number) => number,
        _ => throw Invalid(field),
    };

    /// <summary>Whether a node is true; absent and null are not.</summary>
    public bool IsTrue(JsonNode? node, string field) => node switch
    {
        null => false,
        JsonValue value when value.TryGetValue<bool>(out var isTrue) => isTrue,
        _ => throw Invalid(field),
    };

    /// <summary>A map of strings, such as annotations.</summary>
    public Dictionary<string, string> MapOf(JsonNode? node, string field) =>
        ObjectOf(node, field)?.ToDictionary(pair => pair.Key, pair => TextOf(pair.Value, field) ?? "", StringComparer.Ordinal) ?? [];

    /// <summary>A map of strings from text that is JSON itself; empty where it is not.</summary>
    public static Dictionary<string, string> InnerMap(string? json)
    {
        return StrictJson.TryRead(
            json ?? "{}",
            root => root.EnumerateObject().Where(pair => pair.Value.ValueKind == JsonValueKind.String)
                .ToDictionary(pair => pair.Name, pair => pair.Value.GetString()!, StringComparer.Ordinal),
            ArchiveLimits.JsonDepth) ?? [];
    }

    /// <summary>The object as JSON.</summary>
    public byte[] ToBytes() => Write(Root);

    /// <summary>A node as JSON.</summary>
    public static byte[] Write(JsonNode node) => Encoding.UTF8.GetBytes(ToText(node));

    /// <summary>A node as text.</summary>
    public static string ToText(JsonNode node) => node.ToJsonString(Compact);

    private static (JsonNode? Node, ArchiveMember? Member) Parse(CheckpointContent content, string name)
    {
        if (content.Find(name) is not { } member)
            return default;
        using var data = content.OpenMember(member);
        var bytes = content.Archive.ReadJson(member, data);
        try
        {
            return (StrictJson.ParseNode(bytes, ArchiveLimits.JsonDepth) ?? new JsonArray(), member);
        }
        catch (JsonException exception)
        {
            throw ArchiveFailure.ArchiveMemberInvalid(content.Path, member, $"it is not JSON: {exception.Message}", exception);
        }
    }

    /// <summary>The failure for a field with an unexpected type.</summary>
    public KubeCheckpointException Invalid(string field) =>
        ArchiveFailure.ArchiveMemberInvalid(_path, _member, $"'{field}' has an unexpected JSON type");
}
