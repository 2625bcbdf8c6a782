using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>Who has created an object, as API servers record it.</summary>
internal static class ManagedFields
{
    public static JsonArray Of(string manager, string apiVersion, JsonObject fields) => new(new JsonObject
    {
        ["manager"] = manager,
        ["operation"] = "Update",
        ["apiVersion"] = apiVersion,
        ["time"] = JsonText.Time(DateTimeOffset.UtcNow),
        ["fieldsType"] = "FieldsV1",
        ["fieldsV1"] = fields,
    });
}
