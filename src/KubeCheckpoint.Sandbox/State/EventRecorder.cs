using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>Writes v1 Events about pods.</summary>
internal sealed class EventRecorder(ObjectStore store)
{
    public const string Resource = "events";

    private long _last = DateTime.UtcNow.Ticks;

    /// <summary>Writes an event about a container if one is named, otherwise about the pod.</summary>
    public void Record(JsonObject pod, string component, string host, string type, string reason, string message, string container = "")
    {
        var ns = pod.Text("metadata", "namespace");
        var name = pod.Text("metadata", "name");
        var now = DateTimeOffset.UtcNow;
        var scheduler = component == "default-scheduler";
        var involved = new JsonObject
        {
            ["kind"] = "Pod",
            ["namespace"] = ns,
            ["name"] = name,
            ["uid"] = pod.Text("metadata", "uid"),
            ["apiVersion"] = "v1",
            ["resourceVersion"] = pod.Text("metadata", "resourceVersion"),
        };
        if (container.Length > 0)
            involved["fieldPath"] = $"spec.containers{{{container}}}";
        var recorded = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{name}.{Interlocked.Increment(ref _last):x16}",
                ["namespace"] = ns,
                ["uid"] = Guid.NewGuid().ToString(),
                ["creationTimestamp"] = JsonText.Time(now),
            },
            ["involvedObject"] = involved,
            ["reason"] = reason,
            ["message"] = message,
            ["source"] = scheduler ? new JsonObject() : new JsonObject { ["component"] = component, ["host"] = host },
            ["firstTimestamp"] = scheduler ? null : JsonText.Time(now),
            ["lastTimestamp"] = scheduler ? null : JsonText.Time(now),
            ["type"] = type,
            ["eventTime"] = scheduler ? now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", null) : null,
            ["reportingComponent"] = component,
            ["reportingInstance"] = scheduler ? "default-scheduler-sandbox" : host,
        };
        if (scheduler)
            recorded["action"] = "Binding";
        else
            recorded["count"] = 1;
        store.Create(Resource, recorded);
    }
}
