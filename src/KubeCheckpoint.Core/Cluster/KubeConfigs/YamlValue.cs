using System.Globalization;
using System.Text.Json.Nodes;

namespace KubeCheckpoint.Cluster.KubeConfigs;

/// <summary>A value of a kubeconfig with its place, read field by field: whatever is of another type is reported by field and line.</summary>
internal sealed class YamlValue
{
    private static readonly HashSet<string> Nulls = ["", "~", "null", "Null", "NULL"];

    private readonly string? _text;
    private readonly bool _isPlain;
    private readonly IReadOnlyList<YamlValue>? _items;
    private readonly IReadOnlyDictionary<string, YamlValue>? _members;

    /// <summary>A scalar.</summary>
    /// <param name="location">Where it begins.</param>
    /// <param name="text">Its text.</param>
    /// <param name="isPlain">Whether it is without quotes, so that it may also be null, a number, true or false.</param>
    public YamlValue(KubeConfigLocation location, string text, bool isPlain)
    {
        Location = location;
        _text = isPlain && Nulls.Contains(text) ? null : text;
        _isPlain = isPlain;
    }

    /// <summary>A list.</summary>
    public YamlValue(KubeConfigLocation location, IReadOnlyList<YamlValue> items)
    {
        Location = location;
        _items = items;
        (Size, Depth) = Measure(items);
    }

    /// <summary>A mapping.</summary>
    public YamlValue(KubeConfigLocation location, IReadOnlyDictionary<string, YamlValue> members)
    {
        Location = location;
        _members = members;
        (Size, Depth) = Measure(members.Values);
    }

    public KubeConfigLocation Location { get; }

    /// <summary>How many values this is, with those in it.</summary>
    public long Size { get; } = 1;

    /// <summary>How deeply the values in this are nested.</summary>
    public int Depth { get; }

    public bool IsNull => this is { _text: null, _items: null, _members: null };

    public bool IsMapping => _members is not null;

    public IEnumerable<KeyValuePair<string, YamlValue>> Members => _members ?? Enumerable.Empty<KeyValuePair<string, YamlValue>>();

    private string Kind => _items is not null ? "a list" : _members is not null ? "a mapping" : _text is not null ? "text" : "empty";

    /// <summary>A mapping without fields.</summary>
    public static YamlValue NoFields(KubeConfigLocation location) => new(location, new Dictionary<string, YamlValue>());

    public bool Has(string field) => _members?.ContainsKey(field) == true;

    /// <summary>A field's text; null where it is absent or empty.</summary>
    public string? Text(string field) => Find(field)?.AsText(field) is { Length: > 0 } text ? text : null;

    /// <summary>A field that is true or false; false where it is absent.</summary>
    public bool Flag(string field) => Find(field) is { } value && (value.AsText(field)?.ToLowerInvariant() switch
    {
        "true" or "yes" or "on" or "y" => true,
        "false" or "no" or "off" or "n" => false,
        _ => throw value.Wrong(field, "true or false"),
    });

    /// <summary>A field's list; empty where it is absent.</summary>
    public IReadOnlyList<YamlValue> List(string field) => Find(field) is { } value ? value._items ?? throw value.Wrong(field, "a list") : [];

    /// <summary>The texts of a field's list; empty where it is absent.</summary>
    public IReadOnlyList<string> Texts(string field) => [.. List(field).Select(item => item.AsText(field) ?? "")];

    /// <summary>The field that is a mapping; null where it is absent.</summary>
    public YamlValue? Mapping(string field)
    {
        var value = Find(field);
        return value is null || value.IsMapping ? value : throw value.Wrong(field, "a mapping");
    }

    /// <summary>The field with any value; null where it is absent.</summary>
    public YamlValue? Find(string field) => _members?.GetValueOrDefault(field) is { IsNull: false } value ? value : null;

    /// <summary>The value as JSON.</summary>
    public JsonNode? ToJson() => this switch
    {
        { _members: { } members } => new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, member.Value.ToJson()))),
        { _items: { } items } => new JsonArray([.. items.Select(item => item.ToJson())]),
        { _isPlain: true, _text: { } text } => Scalar(text),
        _ => _text,
    };

    private static JsonNode Scalar(string text) => text switch
    {
        "true" or "True" or "TRUE" => true,
        "false" or "False" or "FALSE" => false,
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
        _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => number,
        _ => text,
    };

    private static (long Size, int Depth) Measure(IEnumerable<YamlValue> values) =>
        values.Aggregate((Size: 1L, Depth: 1), (sum, value) => (sum.Size + value.Size, Math.Max(sum.Depth, value.Depth + 1)));

    private string? AsText(string field) => _items is null && _members is null ? _text : throw Wrong(field, "text");

    private KubeCheckpointException Wrong(string field, string expected) =>
        KubeConfigFailure.KubeConfigInvalid(Location, $"'{field}' is {Kind} where {expected} is expected.");
}
