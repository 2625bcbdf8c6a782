using System.Security.Cryptography;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>The defaults that the API server and its admission plugins add to a pod.</summary>
internal static class PodDefaults
{
    public const string ServiceAccountPath = "/var/run/secrets/kubernetes.io/serviceaccount";

    public static void Apply(JsonObject pod, string ns, string manager)
    {
        var now = DateTimeOffset.UtcNow;
        pod["apiVersion"] = "v1";
        pod["kind"] = "Pod";
        var metadata = pod.Child("metadata");
        metadata["namespace"] = ns;
        metadata["uid"] = Guid.NewGuid().ToString();
        metadata["creationTimestamp"] = JsonText.Time(now);
        metadata["generation"] = 1;
        metadata.Remove("deletionTimestamp");
        metadata["managedFields"] = ManagedFields.Of(manager, "v1", new JsonObject { ["f:spec"] = new JsonObject { ["f:containers"] = new JsonObject() } });
        ApplySpec(pod.Child("spec"));
        pod["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = "BestEffort" };
    }

    public static IEnumerable<JsonObject> Containers(JsonObject pod) =>
        pod.Items("spec", "initContainers").Concat(pod.Items("spec", "containers"));

    public static string RandomSuffix()
    {
        const string Letters = "bcdfghjklmnpqrstvwxz2456789";
        return RandomNumberGenerator.GetString(Letters, 5);
    }

    private static void ApplySpec(JsonObject spec)
    {
        spec.Default("restartPolicy", "Always");
        spec.Default("terminationGracePeriodSeconds", 30);
        spec.Default("dnsPolicy", "ClusterFirst");
        spec.Default("serviceAccountName", "default");
        spec["serviceAccount"] = spec.Text("serviceAccountName");
        spec.Default("securityContext", new JsonObject());
        spec.Default("schedulerName", "default-scheduler");
        spec.Default("priority", 0);
        spec.Default("enableServiceLinks", true);
        spec.Default("preemptionPolicy", "PreemptLowerPriority");
        foreach (var container in spec.Items("initContainers").Concat(spec.Items("containers")))
            ApplyContainer(container);
        AddServiceAccountMounts(spec);
        AddTolerations(spec.List("tolerations"));
    }

    private static void ApplyContainer(JsonObject container)
    {
        var image = container.Text("image");
        var lastPart = image[(image.LastIndexOf('/') + 1)..];
        var latest = !lastPart.Contains(':', StringComparison.Ordinal) || lastPart.EndsWith(":latest", StringComparison.Ordinal);
        var moving = latest && !image.Contains('@', StringComparison.Ordinal);
        container.Default("resources", new JsonObject());
        container.Default("terminationMessagePath", "/dev/termination-log");
        container.Default("terminationMessagePolicy", "File");
        container.Default("imagePullPolicy", moving ? "Always" : "IfNotPresent");
    }

    private static void AddServiceAccountMounts(JsonObject spec)
    {
        if (spec["automountServiceAccountToken"] is { } automount && !automount.GetValue<bool>())
            return;
        List<JsonObject> without =
        [
            .. spec.Items("initContainers").Concat(spec.Items("containers"))
                .Where(container => container.Items("volumeMounts").All(mount => mount.Text("mountPath") != ServiceAccountPath)),
        ];
        if (without.Count == 0)
            return;
        var volume = "kube-api-access-" + RandomSuffix();
        spec.List("volumes").Add((JsonNode)ServiceAccountVolume(volume));
        foreach (var container in without)
        {
            container.List("volumeMounts").Add((JsonNode)new JsonObject
            {
                ["name"] = volume,
                ["readOnly"] = true,
                ["mountPath"] = ServiceAccountPath,
            });
        }
    }

    private static JsonObject ServiceAccountVolume(string name) => JsonNode.Parse($$"""
        {
          "name": "{{name}}",
          "projected": {
            "sources": [
              {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"} },
              {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]} },
              {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"} }]} }
            ],
            "defaultMode": 420
          }
        }
        """)!.AsObject();

    private static void AddTolerations(JsonArray tolerations)
    {
        foreach (var key in (string[])["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"])
        {
            var tolerated = tolerations.OfType<JsonObject>().Any(toleration =>
                (toleration.Text("key") == key || toleration.Text("key").Length == 0) && toleration.Text("effect") is "" or "NoExecute");
            if (!tolerated)
            {
                tolerations.Add((JsonNode)new JsonObject
                {
                    ["key"] = key,
                    ["operator"] = "Exists",
                    ["effect"] = "NoExecute",
                    ["tolerationSeconds"] = 300,
                });
            }
        }
    }
}
