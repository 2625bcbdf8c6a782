using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

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

    public static byte[] Write(OciImageConfig config) => JsonSerializer.SerializeToUtf8Bytes(config, Plain.OciImageConfig);
}
