using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Images.Content;

/// <summary>
/// The label with what a restore needs, so that a pod can be created without reading the layers:
/// <c>{"baseImage":"...","baseImageDigest":"...","mounts":[{"mountPath":"/scratch","origin":"EmptyDir"}]}</c>.
/// </summary>
internal static class RestoreNeedsLabel
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter<MountOrigin>() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Write(RestoreNeeds needs) => JsonSerializer.Serialize(needs, Options);

    /// <summary>The needs in a label; null where it is missing or not valid, since it is not trusted.</summary>
    public static RestoreNeeds? Read(string? label)
    {
        try
        {
            var needs = label is null ? null : StrictJson.Deserialize<RestoreNeeds>(label, Options);
            return needs?.Mounts?.All(mount => mount?.MountPath?.StartsWith('/') == true) == true ? needs : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
