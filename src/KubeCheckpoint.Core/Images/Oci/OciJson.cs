using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Images.Oci;

/// <summary>Writes the OCI documents as JSON: the same document always gives the same bytes.</summary>
[JsonSerializable(typeof(OciManifest))]
[JsonSerializable(typeof(OciImageConfig))]
internal sealed partial class OciJson : JsonSerializerContext
{
    private static readonly OciJson Plain = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // A label holds JSON: the default encoder, meant for HTML, would write each of its quotes as six bytes.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static byte[] Write(OciManifest manifest) => JsonSerializer.SerializeToUtf8Bytes(manifest, Plain.OciManifest);

    /// <summary>A manifest with other annotations; all else in it stays as it is.</summary>
    public static byte[] WithAnnotations(byte[] manifest, IReadOnlyDictionary<string, string> annotations)
    {
        var document = (JsonObject)StrictJson.ParseNode(manifest)!;
        document["annotations"] = new JsonObject(annotations.Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, JsonValue.Create(pair.Value))));
        return Encoding.UTF8.GetBytes(document.ToJsonString(Plain.Options));
    }

    public static byte[] Write(OciImageConfig config) => JsonSerializer.SerializeToUtf8Bytes(config, Plain.OciImageConfig);
}
