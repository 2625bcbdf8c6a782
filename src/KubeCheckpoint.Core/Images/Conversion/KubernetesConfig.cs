using System.Globalization;
using System.Text.Json.Nodes;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>The config.dump of CRI-O and containerd: a few of the fields that Podman writes (checkpointctl, lib/metadata.go).</summary>
internal static class KubernetesConfig
{
    private const string NoTime = "0001-01-01T00:00:00Z";

    /// <summary>The document for CRI-O or containerd.</summary>
    public static byte[] Of(ConversionSource source)
    {
        var config = source.Engine == CheckpointEngine.Podman ? OfPodman(source) : (JsonObject)source.Config.Root.DeepClone();
        config["rootfsImage"] = source.Base.Name;
        config["rootfsImageRef"] = source.Base.Reference;
        config["rootfsImageName"] = source.Base.Name;
        config["runtime"] = source.Target == CheckpointEngine.Containerd ? "io.containerd.runc.v2" : OciRuntimeName.Of(source);
        return Archives.Contents.EditableJson.Write(config);
    }

    // Podman's own contains the whole command line that created the container.
    private static JsonObject OfPodman(ConversionSource source) => new()
    {
        ["id"] = source.Config.Text("id"),
        ["name"] = source.Config.Text("name"),
        ["rootfsImage"] = null,
        ["rootfsImageRef"] = null,
        ["rootfsImageName"] = null,
        ["runtime"] = null,
        ["createdTime"] = source.Config.Text("createdTime") ?? NoTime,
        ["checkpointedTime"] = CheckpointedTime(source.Request.Archive) ?? NoTime,
        ["restoredTime"] = NoTime,
        ["restored"] = false,
    };

    private static string? CheckpointedTime(CheckpointArchive archive) =>
        archive.CheckpointedAt?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
