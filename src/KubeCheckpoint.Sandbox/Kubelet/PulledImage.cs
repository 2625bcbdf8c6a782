using System.Text.Json.Nodes;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>What a runtime knows about an image after the pull.</summary>
/// <param name="MediaType">The media type of the document that the reference points at.</param>
/// <param name="TopAnnotations">The annotations of that document.</param>
/// <param name="Config">The image's config.</param>
/// <param name="Size">The bytes of the layers.</param>
/// <param name="Members">The documents in the layers that a restore reads, by name; later layers replace those of earlier ones.</param>
/// <param name="Changes">The changed and the deleted files of the container, by name.</param>
/// <param name="Demands">What CRIU will require.</param>
internal sealed record PulledImage(
    string MediaType,
    JsonObject TopAnnotations,
    JsonObject Config,
    long Size,
    IReadOnlyDictionary<string, JsonObject> Members,
    IReadOnlyDictionary<string, byte[]> Changes,
    CheckpointDemands Demands)
{
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";

    /// <summary>An image whose content is not read, because its registry does not exist.</summary>
    public static readonly PulledImage Ordinary = new(
        OciManifest,
        [],
        new JsonObject { ["config"] = new JsonObject { ["Cmd"] = new JsonArray("sh") } },
        4270100,
        new Dictionary<string, JsonObject>(),
        new Dictionary<string, byte[]>(),
        CheckpointDemands.None);

    public bool IsCheckpoint => Members.ContainsKey("config.dump") && Members.ContainsKey("spec.dump");

    public bool HasCommand => Config["config"] is JsonObject config
        && ((config["Cmd"] as JsonArray)?.Count > 0 || (config["Entrypoint"] as JsonArray)?.Count > 0);
}
