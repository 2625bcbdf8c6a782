using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace KubeCheckpoint.Images.Content;

/// <summary>
/// The label that tells what a restore needs, so that a pod can be made without the layers:
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

    /// <summary>The needs of a label; null where it is absent or not what this module writes: it comes from a registry.</summary>
    public static RestoreNeeds? Read(string? label)
    {
        try
        {
            var needs = label is null ? null : JsonSerializer.Deserialize<RestoreNeeds>(label, Options);
            return needs?.Mounts?.All(mount => mount?.MountPath?.StartsWith('/') == true) == true ? needs : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
