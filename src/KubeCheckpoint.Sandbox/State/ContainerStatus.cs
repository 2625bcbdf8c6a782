using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>The state of one container as its kubelet reports it.</summary>
/// <param name="Name">The container's name.</param>
/// <param name="ContainerId">64 hexadecimal digits; empty before the container is created.</param>
/// <param name="State">The JSON of <c>state</c>.</param>
/// <param name="Running">Whether it is running, and therefore ready.</param>
internal sealed record ContainerStatus(string Name, string ContainerId, JsonObject State, bool Running)
{
    public JsonObject LastState { get; init; } = [];

    public int Restarts { get; init; }

    /// <summary>Whether it has completed successfully, as an init container does.</summary>
    public bool Completed { get; init; }

    /// <summary>Whether the kubelet does not try again.</summary>
    public bool IsFinal { get; init; }

    public static ContainerStatus Waiting(string name, string reason, string message = "")
    {
        var waiting = new JsonObject { ["reason"] = reason };
        if (message.Length > 0)
            waiting["message"] = message;
        return new ContainerStatus(name, "", new JsonObject { ["waiting"] = waiting }, false);
    }

    public static ContainerStatus Started(string name, string containerId) => new(
        name, containerId, new JsonObject { ["running"] = new JsonObject { ["startedAt"] = JsonText.Time(DateTimeOffset.UtcNow) } }, true);

    public static JsonObject Terminated(string containerId, int exitCode, string reason)
    {
        var now = JsonText.Time(DateTimeOffset.UtcNow);
        return new JsonObject
        {
            ["terminated"] = new JsonObject
            {
                ["exitCode"] = exitCode,
                ["reason"] = reason,
                ["startedAt"] = now,
                ["finishedAt"] = now,
                ["containerID"] = containerId,
            },
        };
    }

    /// <summary>The JSON of the status.</summary>
    public JsonObject ToJson(JsonObject container, SandboxNode node)
    {
        var image = container.Text("image");
        var json = new JsonObject
        {
            ["name"] = Name,
            ["state"] = State.DeepClone(),
            ["lastState"] = LastState.DeepClone(),
            ["ready"] = Running || Completed,
            ["restartCount"] = Restarts,
            ["image"] = image,
            ["imageID"] = ContainerId.Length == 0 ? "" : ImageId(image),
            ["started"] = Running,
        };
        if (ContainerId.Length > 0)
        {
            json["containerID"] = node.ContainerIdScheme + ContainerId;
            json["resources"] = new JsonObject();
            json["user"] = new JsonObject { ["linux"] = new JsonObject { ["uid"] = 0, ["gid"] = 0, ["supplementalGroups"] = new JsonArray(0) } };
        }
        if (container["volumeMounts"] is JsonArray mounts)
            json["volumeMounts"] = mounts.DeepClone();
        return json;
    }

    private static string ImageId(string image)
    {
        var tag = image.IndexOf(':', image.LastIndexOf('/') + 1);
        return image.Contains('@', StringComparison.Ordinal)
            ? image
            : $"{(tag < 0 ? image : image[..tag])}@sha256:28f8ec0eefae275ee8cc1945f3f86ae6eef0b4e4d9669fb62b872328f5b6b58f";
    }
}
