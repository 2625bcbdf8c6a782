using System.Text.Json;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Archives.Contents;

/// <summary>A JSON object of an archive: parsed within limits, its fields read by name. Absent, null and empty strings are null.</summary>
internal sealed class JsonMember : IDisposable
{
    private readonly string _path;
    private readonly ArchiveMember _member;
    private readonly JsonDocument _document;

    private JsonMember(string path, ArchiveMember member, JsonDocument document)
    {
        _path = path;
        _member = member;
        _document = document;
    }

    /// <summary>Reads a member of an open archive.</summary>
    /// <exception cref="KubeCheckpointException">ArchiveMemberTooLarge, ArchiveMemberInvalid.</exception>
    public static JsonMember Read(CheckpointContent content, ArchiveMember member)
    {
        using var data = content.OpenMember(member);
        return Read(content.Archive, member, data);
    }

    /// <inheritdoc cref="Read(CheckpointContent, ArchiveMember)"/>
    public static JsonMember Read(ArchiveFile archive, ArchiveMember member, Stream data) =>
        Parse(archive.Path, member, archive.ReadJson(member, data));

    public static JsonMember Parse(string path, ArchiveMember member, ReadOnlyMemory<byte> json)
    {
        try
        {
            var document = StrictJson.Parse(json, ArchiveLimits.JsonDepth);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return new JsonMember(path, member, document);
            document.Dispose();
            throw ArchiveFailure.ArchiveMemberInvalid(path, member, "it is JSON, but not an object");
        }
        catch (JsonException exception)
        {
            throw ArchiveFailure.ArchiveMemberInvalid(path, member, $"it is not JSON: {exception.Message}", exception);
        }
    }

    public string? Text(string field) => _document.RootElement.TryGetProperty(field, out var value) ? TextOf(field, value) : null;

    public Dictionary<string, string> Map(string field)
    {
        if (!_document.RootElement.TryGetProperty(field, out var map) || map.ValueKind == JsonValueKind.Null)
            return [];
        if (map.ValueKind != JsonValueKind.Object)
            throw Invalid(field);
        return map.EnumerateObject().ToDictionary(entry => entry.Name, entry => TextOf(field, entry.Value) ?? "", StringComparer.Ordinal);
    }

    /// <summary>The text of some fields of each object in a list; null for missing fields.</summary>
    public IEnumerable<string?[]> Objects(string list, params string[] fields) => Objects([list], fields);

    /// <summary>The same for a list inside other objects.</summary>
    public IEnumerable<string?[]> Objects(string[] path, params string[] fields)
    {
        var list = string.Join('.', path);
        var array = _document.RootElement;
        foreach (var name in path)
        {
            if (array.ValueKind != JsonValueKind.Object)
                throw Invalid(list);
            if (!array.TryGetProperty(name, out array) || array.ValueKind == JsonValueKind.Null)
                yield break;
        }
        if (array.ValueKind != JsonValueKind.Array)
            throw Invalid(list);
        foreach (var entry in array.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Object)
                throw Invalid(list);
            yield return [.. fields.Select(field => entry.TryGetProperty(field, out var value) ? TextOf($"{list}.{field}", value) : null)];
        }
    }

    /// <summary>Whether a field of an object in the document is true; false where either is missing.</summary>
    public bool IsTrue(string owner, string field)
    {
        if (!_document.RootElement.TryGetProperty(owner, out var parent) || parent.ValueKind == JsonValueKind.Null)
            return false;
        if (parent.ValueKind != JsonValueKind.Object)
            throw Invalid(owner);
        return parent.TryGetProperty(field, out var value) && value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False or JsonValueKind.Null => false,
            _ => throw Invalid($"{owner}.{field}"),
        };
    }

    /// <summary>A number of 32 bits in objects of the document; null where one of them is missing.</summary>
    public uint? Number(params string[] path)
    {
        var name = string.Join('.', path);
        var value = _document.RootElement;
        foreach (var field in path)
        {
            if (value.ValueKind != JsonValueKind.Object)
                throw Invalid(name);
            if (!value.TryGetProperty(field, out value) || value.ValueKind == JsonValueKind.Null)
                return null;
        }
        return value.ValueKind == JsonValueKind.Number && value.TryGetUInt32(out var number) ? number : throw Invalid(name);
    }

    public void Dispose() => _document.Dispose();

    private string? TextOf(string field, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() is { Length: > 0 } text ? text : null,
        JsonValueKind.Null => null,
        _ => throw Invalid(field),
    };

    private KubeCheckpointException Invalid(string field) =>
        ArchiveFailure.ArchiveMemberInvalid(_path, _member, $"'{field}' has an unexpected JSON type");
}
