using System.Management.Automation;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Parameters;

/// <summary>JSON as the objects ConvertFrom-Json makes, and back.</summary>
internal static class JsonObjects
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The pod of a manifest, which may come from an archive or an image.</summary>
    public static PSObject ToObject(PodManifest manifest)
    {
        try
        {
            return StrictJson.ParseNode(manifest.Json) is JsonObject pod
                ? ToObject(pod)
                : throw ParameterFailure.ManifestNotAPod(manifest, "it is no JSON object.");
        }
        catch (JsonException exception)
        {
            throw ParameterFailure.ManifestNotAPod(manifest, exception.Message);
        }
    }

    /// <summary>An object with its members as properties.</summary>
    public static PSObject ToObject(JsonObject members)
    {
        var result = new PSObject();
        foreach (var (name, value) in members)
            result.Properties.Add(new PSNoteProperty(name, ToValue(value)));
        return result;
    }

    /// <summary>A manifest given as text, as an object, or as the pod that has it.</summary>
    public static PodManifest ToManifest(PSObject value)
    {
        if (value.BaseObject is Pod pod)
            return pod.Manifest;
        if (value.BaseObject is PodManifest manifest)
            return manifest;
        try
        {
            var node = value.BaseObject is string text ? StrictJson.ParseNode(text) : ToNode(value);
            return node is JsonObject ? new PodManifest(node.ToJsonString(Indented)) : throw ParameterFailure.ManifestNotAPod(value, "it is no JSON object.");
        }
        catch (JsonException exception)
        {
            throw ParameterFailure.ManifestNotAPod(value, exception.Message);
        }
    }

    /// <summary>Any value as JSON.</summary>
    public static string Serialize(object value) => ToNode(value)?.ToJsonString() ?? "null";

    private static object? ToValue(JsonNode? node) => node switch
    {
        JsonObject members => ToObject(members),
        JsonArray items => items.Select(ToValue).ToArray(),
        JsonValue value => Scalar(value),
        _ => null,
    };

    private static object? Scalar(JsonValue value) => value.GetValueKind() switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => value.TryGetValue<long>(out var whole) ? whole : value.GetValue<double>(),
        _ => value.GetValue<string>(),
    };

    private static JsonNode? ToNode(object? value)
    {
        var wrapped = value as PSObject;
        var inner = wrapped?.BaseObject ?? value;
        return inner switch
        {
            null => null,
            string text => JsonValue.Create(text),
            bool flag => JsonValue.Create(flag),
            System.Collections.IDictionary members => new JsonObject(
                members.Keys.Cast<object>().Select(key => KeyValuePair.Create(key.ToString()!, ToNode(members[key])))),
            System.Collections.IEnumerable items => new JsonArray([.. items.Cast<object?>().Select(ToNode)]),
            DateTime time => JsonValue.Create(time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture)),
            IFormattable number when inner.GetType().IsPrimitive || inner is decimal or System.Numerics.BigInteger =>
                StrictJson.ParseNode(number.ToString(null, System.Globalization.CultureInfo.InvariantCulture)!),
            _ => new JsonObject((wrapped ?? PSObject.AsPSObject(inner)).Properties.Select(p => KeyValuePair.Create(p.Name, ToNode(p.Value)))),
        };
    }
}
